"""The errors a person can mend: said in a line, without a traceback."""

from __future__ import annotations

import sys

USAGE = 2


def expected() -> tuple[type[Exception], ...]:
    """Return the errors that a person can mend; called when one was raised, so that help imports none."""
    from local.errors import GridError, HistoryError, NotLetIn
    from local.stack.errors import StackError
    from pregao.config.loaded import UnknownSymbol
    from pregao.config.reader import ConfigError
    from pregao.domain.audit.archive_days import ArchiveError
    from pregao.wire.bulletin.fields import BulletinRefused

    return (
        ArchiveError,
        BulletinRefused,
        ConfigError,
        GridError,
        HistoryError,
        NotLetIn,
        StackError,
        UnknownSymbol,
    )


def tell(error: BaseException) -> int:
    """Print what is wrong and return the exit code."""
    print(f"pregao: {error}", file=sys.stderr)  # noqa: T201 the command's own voice
    return USAGE
