"""Does every function import, find its settings and answer? Asked with an event that changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from local.stack.errors import StackError
from local.stack.template import FUNCTION, Template, of_type

# One shape for all: each handler reads its own part and refuses it. An empty post, a socket without a
# token, a link that nobody signed, the farewell of a socket nobody knows, a message that cannot be read.
EVENT = {
    "body": "",
    "headers": {},
    "methodArn": "probe",
    "routeKey": "probe",
    "requestContext": {"connectionId": "probe", "eventType": "DISCONNECT", "requestId": "probe"},
    "Records": [{"messageId": "probe", "body": "", "eventSource": "aws:sqs"}],
}


REFUSED = "none served: ValidationError"
"""A queue's consumer that read the message and refused it (pregao.bootstrap.consume): it is up."""
IN_TIME = ("Task timed out", "sub-exception")
"""What a function says that had too little time: Lambda's words, for which there is no code, and those of a
round that left a part undone (an ExceptionGroup; pregao.flow.steps.in_time)."""
UNAVAILABLE = 503
"""What /health answers while a table or queue has not answered within its client's budget."""
TRIES = 3
"""How often a function that had too little time is asked: all of them start at once, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a function did not come up, and whether time may mend it."""

    why: str
    passing: bool = False


def probe(lambdas: Any, template: Template, stack: str, only: Iterable[str] | None = None) -> None:
    """Invoke the functions (also warms them); raises StackError naming each one that fails and why."""
    functions = of_type(template, FUNCTION)
    wanted = {name: one for name, one in functions.items() if only is None or name in only}
    folders = [PurePosixPath(one["CodeUri"]).name for one in wanted.values()]
    with ThreadPoolExecutor(2) as pool:
        failures = [why for why in pool.map(partial(_ask, lambdas, stack), folders) if why]
    if failures:
        raise StackError("\n".join(failures))


def _ask(lambdas: Any, stack: str, folder: str) -> str | None:
    """Return why a function fails, at the last try where time may mend it; None for one that answers."""
    failure = None
    for _ in range(TRIES):
        failure = _asked(lambdas, stack, folder)
        if failure is None or not failure.passing:
            break
    return failure.why if failure else None


def _asked(lambdas: Any, stack: str, folder: str) -> Failure | None:
    answer = lambdas.invoke(FunctionName=f"{stack}-{folder}", Payload=json.dumps(EVENT).encode())
    said = json.loads(answer["Payload"].read() or b"null") or {}
    if "FunctionError" in answer:
        message = str(said.get("errorMessage", said)).removeprefix("Worker init failed: ").strip()
        return (
            None
            if REFUSED in message
            else Failure(f"function {folder}: {message}", any(one in message for one in IN_TIME))
        )
    code = said.get("statusCode", 200)
    if code >= 500:
        return Failure(f"function {folder}: answers {code}: {said.get('body')}", code == UNAVAILABLE)
    return None
