"""A function's start: garbage is collected once it is ready, and what it has by then is never looked at.

Tens of thousands of objects are made by imports and clients, and none of them goes away; the collector would
walk over them several times. In Lambda alone: elsewhere this module changes nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

from pregao.settings import in_lambda

P = ParamSpec("P")
Built = TypeVar("Built")

if in_lambda():
    gc.disable()


def once(build: Callable[P, Built]) -> Callable[P, Built]:
    """Return what builds a function's dependencies once per process; the start ends with it."""

    @wraps(build)
    def started(*args: P.args, **kwargs: P.kwargs) -> Built:
        try:
            return build(*args, **kwargs)
        finally:
            if in_lambda():
                gc.freeze()
                gc.enable()

    return cast("Callable[P, Built]", cache(started))
