"""Asking for what must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def refusal(ask: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """Return the error's answer: Error.Code, CancellationReasons, Item; fails where it was let through."""
    try:
        answer = ask(**parameters)
    except ClientError as refused:
        return dict(refused.response)
    raise AssertionError(f"let through: {answer}")


def code(ask: Callable[..., Any], **parameters: Any) -> str:
    """Return the error's code; fails where it was let through."""
    return str(refusal(ask, **parameters)["Error"]["Code"])


def status(ask: Callable[..., Any], **parameters: Any) -> int:
    """Return the error's HTTP status; fails where it was let through."""
    return int(refusal(ask, **parameters)["ResponseMetadata"]["HTTPStatusCode"])


def known(target: Any, ask: Callable[..., Any], **parameters: Any) -> None:
    """Wait until new keys are known everywhere: until what they may do is let through."""

    def let_through() -> bool:
        try:
            ask(**parameters)
        except ClientError:
            return False
        return True

    target.eventually(let_through)
