"""What a value of the configuration is held against, told to pydantic only where a file is read.

The classes that config/*.yaml is read into are plain dataclasses: a function that finds its configuration
compiled imports no pydantic for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from pydantic import ConfigDict, GetCoreSchemaHandler
    from pydantic_core import CoreSchema

STRICT: ConfigDict = {"extra": "forbid", "allow_inf_nan": False, "defer_build": True}
"""Finite numbers only, and no key that the class does not know; pydantic's ConfigDict."""


@dataclass(frozen=True, slots=True)
class Held:
    """Limits as `pydantic.Field` takes them, then a function that returns the value or raises ValueError.

    `told` says what the value is where a file lacks it.
    """

    limits: tuple[tuple[str, Any], ...] = ()
    by: Callable[[Any], Any] | None = None
    told: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tell pydantic, which asks when it is first given such a value."""
        from pydantic import AfterValidator, Field

        if self.by is not None:
            return handler.generate_schema(Annotated[source, AfterValidator(self.by)])
        return handler.generate_schema(Annotated[source, Field(**dict(self.limits))])


def held(*, by: Callable[[Any], Any] | None = None, told: str = "", **limits: Any) -> Held:
    """Return what stands beside a type in `Annotated`: `held(gt=0)`, or `held(by=function)`."""
    return Held(tuple(limits.items()), by, told)
