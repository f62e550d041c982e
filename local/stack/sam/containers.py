"""Where `sam local` runs functions: Podman, and a base image that is made where none can be pulled.

All of it lies below one folder, so that the machine's own containers are not touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.stack.errors import StackError

IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
ALSO = "public.ecr.aws/lambda/python:3.13"
NEEDED = ("podman", "buildah", "runc")
INSTALL = "apt-get install -y --no-install-recommends podman buildah runc mmdebstrap"
PULL_S, READY_S, MAKE_S = 20.0, 20.0, 600.0
FREEBIND = 15
"""IP_FREEBIND: an address may be bound before its interface is there; the first container makes it."""

ENGINE = """[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
"""
STORAGE = """[storage]
driver = "overlay"
runroot = "{folder}/run"
graphroot = "{folder}/graph"
"""
FILE = """FROM scratch
ADD rootfs.tar /
COPY runtime /var/runtime
COPY bootstrap /var/runtime/bootstrap
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
WORKDIR /var/task
ENTRYPOINT ["/var/runtime/bootstrap"]
"""
BOOTSTRAP = """#!/bin/sh
export PYTHONPATH="/var/task:/opt/python:/var/runtime"
exec /usr/bin/python3.13 -m awslambdaric "$_HANDLER"
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs containers: the environment that reaches it, and this machine's address as they see it."""

    environment: Mapping[str, str]
    machine: str


@contextmanager
def engine(folder: Path, uv: Path) -> Iterator[Engine]:
    """Hold Podman's service and the base image for the length of a with block; raises StackError.

    `folder` keeps images and layers from one time to the next.
    """
    missing = [one for one in NEEDED if shutil.which(one) is None]
    if missing:
        raise StackError(f"{', '.join(missing)} not found; on Debian and Ubuntu: {INSTALL}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = _configured(folder)
    _image(folder, environment, uv)
    with _service(folder, environment) as host:
        asked = ["podman", "network", "inspect", "podman", "--format", "{{(index .Subnets 0).Gateway}}"]
        yield Engine({**environment, "DOCKER_HOST": host}, _said(asked, environment).strip())


@contextmanager
def relayed(address: str, port: int) -> Iterator[None]:
    """Let containers reach this port of 127.0.0.1 at `address`, the bridge's, while the block runs."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.setsockopt(socket.IPPROTO_IP, FREEBIND, 1)
        door.bind((address, port))
        door.listen()
        threading.Thread(target=_take, args=(door, port), name="relay", daemon=True).start()
        try:
            yield
        finally:
            door.shutdown(socket.SHUT_RDWR)


def _take(door: socket.socket, port: int) -> None:
    with suppress(OSError):  # the socket was closed
        while True:
            line, _ = door.accept()
            threading.Thread(target=_serve, args=(line, port), daemon=True).start()


def _serve(line: socket.socket, port: int) -> None:
    with suppress(OSError), line, socket.create_connection(("127.0.0.1", port)) as far:
        back = threading.Thread(target=_pass_on, args=(far, line), daemon=True)
        back.start()
        _pass_on(line, far)
        back.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(65_536):
            other.sendall(said)
        other.shutdown(socket.SHUT_WR)


def _configured(folder: Path) -> dict[str, str]:
    engine_file, storage_file = folder / "containers.conf", folder / "storage.conf"
    engine_file.write_text(ENGINE, encoding="utf-8")
    storage_file.write_text(STORAGE.format(folder=folder), encoding="utf-8")
    own = {
        "CONTAINERS_CONF": str(engine_file),
        "CONTAINERS_STORAGE_CONF": str(storage_file),
        "BUILDAH_ISOLATION": "chroot",
    }
    return {**os.environ, **own}


@contextmanager
def _service(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    door = folder / "podman.sock"
    door.unlink(missing_ok=True)
    with (folder / "podman.log").open("wb") as log:
        service = subprocess.Popen(
            ["podman", "system", "service", "--time=0", f"unix://{door}"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + READY_S
            while not _answers(door):
                if service.poll() is not None or time.monotonic() > deadline:
                    raise StackError(f"podman's service does not answer; {folder / 'podman.log'} says why")
                time.sleep(0.05)
            yield f"unix://{door}"
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(timeout=20)
            door.unlink(missing_ok=True)


def _answers(door: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX)) as line:
        return line.connect_ex(str(door)) == 0


def _image(folder: Path, environment: Mapping[str, str], uv: Path) -> None:
    """Have Lambda's image: pulled, or made of Debian's Python and Lambda's client where that fails."""
    if _done(["podman", "image", "exists", IMAGE], environment, 30):
        return
    if _done(["podman", "pull", "--quiet", IMAGE], environment, PULL_S):
        return
    if shutil.which("mmdebstrap") is None:
        raise StackError(f"{IMAGE} cannot be pulled, and mmdebstrap, to make one, is missing: {INSTALL}")
    made = folder / "image"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    packages = "--include=python3.13,ca-certificates,libstdc++6"
    _said(["mmdebstrap", "--variant=essential", packages, "trixie", str(made / "rootfs.tar")], environment)
    python = [
        "--python-version",
        "3.13",
        "--python-platform",
        "x86_64-manylinux_2_28",
        "--only-binary",
        ":all:",
    ]
    target = ["--target", str(made / "runtime")]
    _said([str(uv), "pip", "install", "--quiet", *target, *python, "awslambdaric", "boto3"], environment)
    (made / "bootstrap").write_text(BOOTSTRAP, encoding="utf-8")
    (made / "bootstrap").chmod(0o755)
    (made / "Containerfile").write_text(FILE, encoding="utf-8")
    _said(["buildah", "bud", "--quiet", "--tag", IMAGE, "--tag", ALSO, str(made)], environment)
    shutil.rmtree(made)


def _done(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> bool:
    try:
        ran = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def _said(command: Sequence[str], environment: Mapping[str, str]) -> str:
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=MAKE_S
    )
    if ran.returncode:
        raise StackError(f"{' '.join(command[:3])} failed:\n{ran.stderr.strip()[-1500:]}")
    return ran.stdout
