"""Families of instruments that one entry of the configuration describes: B3's shares and ETFs."""

from __future__ import annotations

import re
from enum import StrEnum

from pregao.domain.market.instrument import MONTH_LETTERS

_FUTURE = re.compile(rf"[A-Z]{{3}}[{MONTH_LETTERS}][2-9]\d")
_SHARE = re.compile(r"[A-Z][A-Z0-9]{3}([3-8]|11|3[1-9])")


class Family(StrEnum):
    """A form of codes; every code of it is an instrument of its own, without contracts."""

    B3_SHARES = "b3_shares"
    """Four characters and 3 to 8 (shares), 11 (units, ETFs) or 31 to 39 (BDRs): PETR4, BOVA11, AAPL34."""

    def owns(self, code: str) -> bool:
        """Tell whether a code belongs to it; one in the form of a future (CCMU26, WINZ33) never does."""
        return not is_future(code) and _SHARE.fullmatch(code) is not None


def is_future(code: str) -> bool:
    """Tell whether a code has the form of a B3 future: three letters, a month, the year from 20 on."""
    return _FUTURE.fullmatch(code) is not None
