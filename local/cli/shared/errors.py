"""The errors a person can mend: said in a line, without a traceback."""

from __future__ import annotations

import sys

from local.errors import ArchiveError, GridError, HistoryError, NotLetIn
from local.stack.errors import StackError
from pregao.config.reader import ConfigError, UnknownSymbol
from pregao.wire.bulletin.fields import BulletinRefused

EXPECTED = (
    ArchiveError,
    BulletinRefused,
    ConfigError,
    GridError,
    HistoryError,
    NotLetIn,
    StackError,
    UnknownSymbol,
)
USAGE = 2


def tell(error: BaseException) -> int:
    """Print what is wrong and return the exit code."""
    print(f"pregao: {error}", file=sys.stderr)  # noqa: T201 the command's own voice
    return USAGE
