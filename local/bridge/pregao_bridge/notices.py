"""The log of one subject: each trouble once when it begins, once when it is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Hashable

log = logging.getLogger("pregao_bridge")


class Notices:
    """Says what changes about `subject`, in one language."""

    def __init__(self, subject: str, language: str) -> None:
        self.subject, self.language = subject, language
        self._last: Hashable = None

    def trouble(
        self, kind: Hashable, message: str, level: int = logging.WARNING, error: Exception | None = None
    ) -> None:
        """Say a trouble, unless the last thing said was one of the same kind; `error` with its traceback."""
        if kind != self._last:
            self._last = kind
            log.log(level, "%s: %s", self.subject, message, exc_info=error)

    def well(self, key: str = "live") -> None:
        """Say that the trouble is over, if there was one."""
        if self._last is not None:
            self._last = None
            self.info(key)

    def warn(self, key: str, **values: object) -> None:
        """Say something that people should look at and that does not last."""
        log.warning("%s: %s", self.subject, say(key, self.language, **values))

    def info(self, key: str, **values: object) -> None:
        """Say something that is no trouble."""
        log.info("%s: %s", self.subject, say(key, self.language, **values))
