"""`make sam-local [F="detect ..."]`: every function under `sam local`, from `sam build`'s artefacts.

On Lambda's Python, beside the running stack or one that is held for it, by its sample event. Each answer is
held against what the handler tests expect of the sample.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from local.stack.errors import StackError
from local.stack.running import StackInfo, load
from local.stack.sam.containers import Engine, engine, relayed
from local.stack.sam.sam_local import HOST, ROOT, write
from local.stack.up import stack_up
from tests.bench import results
from tests.bulletins import report, xml

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
UV = ROOT / ".tools" / "uv" / "bin" / "uv"
ORDER = ("heartbeat", "detect", "deliver", "fallback", "feedback", "ticker")
"""Whose effects others read: an alert is delivered after it was admitted. The rest come in any order."""
INVOKE_S = 240
TRIES = 3
"""The stack's own consumers work beside them: a message that they hold is given back, and asked again."""

Event = dict[str, Any]


class Outcome(NamedTuple):
    """How one function did: seconds of `sam local invoke`, and what is wrong with the answer, or nothing."""

    function: str
    seconds: float
    wrong: str


def whole(answer: Any) -> bool:
    """Whether a queue's batch was served."""
    return bool(answer == {"batchItemFailures": []})


def http(status: int) -> Callable[[Any], bool]:
    """Return what knows an HTTP answer of a status."""
    return lambda answer: bool(answer.get("statusCode") == status)


def counts(*names: str) -> Callable[[Any], bool]:
    """Return what knows an answer of exactly these counts."""
    return lambda answer: bool(
        set(answer) == set(names) and all(isinstance(one, int) for one in answer.values())
    )


EXPECTED: dict[str, Callable[[Any], bool]] = {
    "heartbeat": http(202),
    "quote": http(400),  # the sample's price is of another year
    "detect": lambda answer: http(202)(answer) and "verdict" in answer["body"],
    "deliver": whole,
    "fallback": whole,
    "feedback": whole,
    "ticker": counts("frames"),
    "act": http(403),  # the sample's link is signed by nobody
    "desk": http(401),  # its token, too
    "compliance": http(401),
    "status": http(200),
    "authorize": lambda answer: answer["policyDocument"]["Statement"][0]["Effect"] == "Deny",
    "connections": lambda answer: (
        http(200)(answer) and answer["headers"] == {"Sec-WebSocket-Protocol": "pregao.v1"}
    ),
    "watch": lambda answer: {"sent_again", "timed_out", "days_ended"} <= set(answer),
    "archive": lambda answer: {"archived", "digests", "tampered"} <= set(answer) and not answer["tampered"],
    "bulletin": lambda answer: answer in ({"stored": 1}, {"unchanged": 1}),  # the stack may be quicker
    "calibrate": lambda answer: isinstance(answer, dict) and "errorMessage" not in answer,
}
"""What each sample is answered; tests/functions tell why."""


def functions() -> list[str]:
    """Every function of the repository, those first whose effects others read."""
    names = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    return [*(one for one in ORDER if one in names), *(one for one in names if one not in ORDER)]


def event(name: str, stack: StackInfo) -> Event:
    """Return a function's sample, about things that are there."""
    told: Event = json.loads((ROOT / "functions" / name / "event.json").read_text(encoding="utf-8"))
    if name == "bulletin":
        place = told["Records"][0]["s3"]
        place["bucket"]["name"], place["object"]["key"] = stack.outputs["BulletinBucket"], "sample.xml"
        content = xml(
            report("WINZ25", "2025-11-13", settlement=155_000.0),
            made=f"2025-11-13T{time.strftime('%H:%M:%S')}",
        )
        stack.client("s3").put_object(Bucket=place["bucket"]["name"], Key="sample.xml", Body=content)
    return told


def run(names: Sequence[str], stack: StackInfo, on: Engine) -> Iterator[Outcome]:
    """Invoke functions one after the other; an outcome each, as it is known."""
    template = write(stack)
    port = urlsplit(stack.endpoint).port
    assert port
    with relayed(on.machine, port), TemporaryDirectory(prefix="sam-local-") as scratch:
        for name in names:
            path = Path(scratch, f"{name}.json")
            path.write_text(json.dumps(event(name, stack)), encoding="utf-8")
            yield _invoked(name, template, path, stack, on)


def _invoked(name: str, template: Path, path: Path, stack: StackInfo, on: Engine) -> Outcome:
    outcome = Outcome(name, 0.0, "not asked")
    for _ in range(TRIES):
        begun = time.monotonic()
        wrong = _wrong(name, _sam(name, template, path, stack, on))
        outcome = Outcome(name, time.monotonic() - begun, wrong)
        if not wrong or EXPECTED[name] is not whole:
            break
    return outcome


def _sam(
    name: str, template: Path, path: Path, stack: StackInfo, on: Engine
) -> subprocess.CompletedProcess[str]:
    command = [str(SAM), "local", "invoke", f"{name.capitalize()}Function", "--template", str(template)]
    command += ["--event", str(path), "--skip-pull-image", "--add-host", f"{HOST}:{on.machine}"]
    own = {"AWS_DEFAULT_REGION": stack.region, "SAM_CLI_TELEMETRY": "0", **stack.root.variables()}
    environment = {**on.environment, **own}
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=INVOKE_S
    )


def _wrong(name: str, ran: subprocess.CompletedProcess[str]) -> str:
    """Return what is wrong with an answer, with what SAM and the function said; empty where nothing is."""
    lines = ran.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
        if not ran.returncode and EXPECTED[name](answer):
            return ""
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return f"answers {ran.stdout.strip()[-400:]}\n{ran.stderr.strip()[-1500:]}"


@contextmanager
def a_stack() -> Iterator[StackInfo]:
    """The stack of `pregao up`, or one that is held while it is asked."""
    try:
        yield load(ROOT / ".pregao")
    except StackError:
        with (
            TemporaryDirectory(prefix="pregao-") as state,
            stack_up(ROOT, Path(state), {"AllowReplay": "true"}) as up,
        ):
            yield up


def told(done: Sequence[Outcome], day: str) -> list[str]:
    """Return the table for RESULTS.md."""
    rows = [
        f"| {one.function} | {'wrong' if one.wrong else 'as expected'} | {one.seconds:.0f} |" for one in done
    ]
    return [
        f"Measured {day} by `make sam-local`: each function by its sample event, from `sam build`'s"
        " artefacts, on Python 3.13 (Debian's, by Podman) beside the emulator; a container a call, its start"
        " and SAM's own included, on two cores that others used as well.",
        "",
        "| function | answer | seconds |",
        "|---|---|---|",
        *rows,
        "",
    ]


def main() -> int:
    """Run what was named, or all; exit code 0 where every answer is right."""
    names = sys.argv[1:] or functions()
    unknown = [one for one in names if one not in functions()]
    if unknown:
        sys.stderr.write(
            f"make sam-local: no function {', '.join(unknown)}; there are {', '.join(functions())}\n"
        )
        return 2
    try:
        with ExitStack() as held:
            stack = held.enter_context(a_stack())
            on = held.enter_context(engine(ROOT / ".pregao" / "containers", UV))
            done = []
            for one in run(names, stack, on):
                sys.stdout.write(f"{one.function:12} {one.seconds:6.1f} s  {one.wrong or 'as expected'}\n")
                sys.stdout.flush()
                done.append(one)
        if set(names) == set(functions()):
            results.write_sam_local(told(done, time.strftime("%Y-%m-%d")))
    except StackError as error:
        sys.stderr.write(f"make sam-local: {error}\n")
        return 2
    return int(any(one.wrong for one in done))


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
