"""The emulator's process: ministack from its own environment, on 127.0.0.1, ended with its caller."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.stack.errors import StackError
from local.stack.process import Process

HOST = "127.0.0.1"
REGION = "sa-east-1"
HEALTH = "/_ministack/health"
READY_S = 60.0
TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Keys:
    """The emulator's root: access key and secret key, made anew at each start."""

    access: str
    secret: str

    @classmethod
    def made(cls) -> Keys:
        """Return keys that nobody can guess."""
        return cls(f"AKIA{secrets.token_hex(8).upper()}", secrets.token_hex(20))

    def variables(self) -> dict[str, str]:
        """Return them as boto3 and the AWS CLI read them from the environment."""
        return {"AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": self.secret}


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator and its supervisor, who leads the process group."""

    supervisor: subprocess.Popen[bytes]
    process: Process
    endpoint: str
    log: Path
    keys: Keys

    def stop(self) -> None:
        """End the whole group and wait for it."""
        assert self.supervisor.stdin  # noqa: S101 it was opened as a pipe
        with contextlib.suppress(BrokenPipeError):
            self.supervisor.stdin.close()
        try:
            self.supervisor.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill_group()
            self.supervisor.wait(timeout=5)


def interpreter(root: Path) -> Path:
    """Return the Python that runs the emulator and, in it, the functions; raises StackError."""
    python = root / ".tools" / "emulator" / "bin" / "python"
    if not python.exists():
        raise StackError("the emulator's environment is missing; run: make .tools/emulator/.ready")
    return python


def start(root: Path, state_dir: Path, port: int | None) -> Emulator:
    """Start the emulator and wait until it answers; raises StackError with the end of its log."""
    port = _free_port(port)
    log = state_dir / "emulator.log"
    scratch = state_dir / "emulator"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)  # all that the emulator keeps, the functions' code and the e-mails too
    for name in ("tmp", "state", "s3", "home"):
        (scratch / name).mkdir()
    keys = Keys.made()
    supervisor_script = Path(__file__).with_name("supervisor.py")
    ministack_main = Path(__file__).with_name("ministack_main.py")
    with open(log, "wb", opener=_private) as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", str(supervisor_script), str(interpreter(root)), str(ministack_main)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(scratch, port, keys),
            cwd=scratch,
            start_new_session=True,
        )
    emulator = Emulator(supervisor, Process.of(supervisor.pid), f"http://{HOST}:{port}", log, keys)
    try:
        _wait(emulator)
    except BaseException:
        emulator.stop()
        raise
    return emulator


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the end of a log, indented."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (empty)"


def _private(path: str, flags: int) -> int:
    """Open a file for its owner alone, also one that was there before."""
    opened = os.open(path, flags, 0o600)
    os.fchmod(opened, 0o600)
    return opened


def _environment(scratch: Path, port: int, keys: Keys) -> dict[str, str]:
    # Nothing is inherited but the path: an AWS profile or a proxy of the user's must not reach the functions.
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "s3"),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,  # what queue URLs are made of
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",  # signatures are verified and every function is held to its own role's policy
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **keys.variables(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _free_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted or 0))
        except OSError as error:
            raise StackError(
                f"port {wanted} on {HOST} is taken by another program; name another with --port, or none"
            ) from error
        return int(probe.getsockname()[1])


def _wait(emulator: Emulator) -> None:
    deadline = time.monotonic() + READY_S
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if emulator.supervisor.poll() is not None:
            raise StackError(f"the emulator ended while starting; {emulator.log} ends:\n{tail(emulator.log)}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            direct.open(f"{emulator.endpoint}{HEALTH}", timeout=2).close()
            return
        time.sleep(0.05)
    raise StackError(
        f"no answer from the emulator in {READY_S:.0f} s; {emulator.log} ends:\n{tail(emulator.log)}"
    )
