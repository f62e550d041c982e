"""Moments and days as people write them: what the page shows, ISO 8601, epoch seconds."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

DAYS = ("%Y-%m-%d", "%d/%m/%Y")
"""How a day may be written: 2026-03-02 or 02/03/2026."""
MOMENTS = [f"{day}{between}%H:%M{seconds}" for day in DAYS for between in "T " for seconds in ("", ":%S")]
"""How a moment may be written where no zone can be named."""


def a_day(text: str) -> datetime:
    """Return the midnight of a day as an option gives it; raises typer.BadParameter."""
    return _as_one_of(DAYS, text, "dia que exista · no day that there is", "2026-11-25, 25/11/2026")


def a_moment(text: str) -> datetime:
    """Return a moment without a zone as an option gives it; raises typer.BadParameter."""
    return _as_one_of(MOMENTS, text, "momento · no moment", "2026-11-25 14:30, 25/11/2026 14:30")


def _as_one_of(formats: Sequence[str], text: str, what: str, examples: str) -> datetime:
    for one in formats:
        with suppress(ValueError):
            return datetime.strptime(text.strip(), one)  # noqa: DTZ007 its zone is the option's
    raise typer.BadParameter(f"'{text}' não é um {what}; escreva · write {examples}")


_BRAZILIAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})[ T]+(\d{1,2}:\d{2}(?::\d{2})?)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def moment(text: str, zone: ZoneInfo, day: date | None, option: str) -> int:
    """Return epoch seconds; without an offset the zone's wall clock, without a date that of `day`.

    Raises typer.BadParameter for what is none, and for a mere time of day where `day` is None.
    """
    text = text.strip()
    if text.isdigit() and len(text) >= 9:
        return int(text)
    if _CLOCK.fullmatch(text):
        if day is None:
            raise typer.BadParameter(
                f"{text}: o arquivo tem várias datas; escreva a data também · the file holds several dates;"
                f" write the date too, 02/03/2026 {text}",
                param_hint=option,
            )
        text = f"{day.isoformat()} {text}"
    try:
        found = datetime.fromisoformat(_iso(text))
    except ValueError:
        raise typer.BadParameter(
            f"{text}: escreva · write 2021-09-01 10:35, 01/09/2021 10:35, 2021-09-01T13:35Z, ou"
            " segundos desde"
            " 1970 · or epoch seconds",
            param_hint=option,
        ) from None
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())


def _iso(text: str) -> str:
    """Return Brazilian order as ISO 8601, and hours with two digits."""
    if match := _BRAZILIAN.fullmatch(text):
        day, month, year, clock = match.groups()
        text = f"{year}-{int(month):02d}-{int(day):02d} {clock}"
    found = re.search(r"[ T](\d):", text)
    return text if found is None else f"{text[: found.start(1)]}0{text[found.start(1) :]}"
