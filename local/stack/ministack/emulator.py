"""The emulator's process: ministack from its own environment, on 127.0.0.1, ended whatever happens to us."""

from __future__ import annotations

import contextlib
import os
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
ACCESS_KEY = "test"  # the emulator's root; everybody else gets keys of their own
SECRET_KEY = "test"  # noqa: S105 a made-up one, good for the emulator only
READY_S = 60.0
TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator and its supervisor, who leads the process group."""

    supervisor: subprocess.Popen[bytes]
    process: Process
    endpoint: str
    log: Path

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
    for name in ("tmp", "state", "s3", "home"):
        (scratch / name).mkdir(parents=True)
    supervisor_script = Path(__file__).with_name("supervisor.py")
    ministack_main = Path(__file__).with_name("ministack_main.py")
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", str(supervisor_script), str(interpreter(root)), str(ministack_main)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(scratch, port),
            cwd=scratch,
            start_new_session=True,
        )
    emulator = Emulator(supervisor, Process.of(supervisor.pid), f"http://{HOST}:{port}", log)
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


def _environment(scratch: Path, port: int) -> dict[str, str]:
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
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
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
            direct.open(f"{emulator.endpoint}/_ministack/health", timeout=2).close()
            return
        time.sleep(0.05)
    raise StackError(
        f"no answer from the emulator in {READY_S:.0f} s; {emulator.log} ends:\n{tail(emulator.log)}"
    )
