"""A known series of candles, written as the programs write it: for tests of the candle file reader."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl

from pregao.domain.market.candles import Candles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True)
class Series:
    """Candles of an instrument, at `step` seconds; prices as text have `digits` decimals."""

    candles: Candles
    instrument: Instrument
    step: int
    digits: int

    def rows(
        self, zone: str | None = None, *, ends: bool = False
    ) -> Iterator[tuple[datetime, list[float], list[int]]]:
        """Yield each candle's wall clock in a zone, its four prices, its three counts."""
        c, wall = self.candles, ZoneInfo(zone or self.instrument.timezone)
        for at in range(len(c)):
            moment = datetime.fromtimestamp(int(c.time[at]) + (self.step if ends else 0), UTC).astimezone(
                wall
            )
            prices = [float(column[at]) for column in (c.open, c.high, c.low, c.close)]
            yield moment, prices, [int(column[at]) for column in (c.tick_volume, c.real_volume, c.spread)]


def series(
    instrument: Instrument,
    first: date,
    sessions: int,
    step: int = 300,
    price: float = 130_000.0,
    seed: int = 1,
    skip: int = 0,
    drop: int = 0,
) -> Series:
    """Return whole sessions from a date on, less the first `skip` and the last `drop` candles."""
    times = _times(instrument, first, sessions, step)
    times = times[skip : len(times) - drop]
    rng, tick = np.random.default_rng(seed), instrument.tick_size
    steps = rng.integers(-30, 31, len(times))
    close = round(price / tick) + np.cumsum(steps)
    open_ = np.r_[close[:1] - steps[:1], close[:-1]]
    high = np.maximum(open_, close) + rng.integers(0, 20, len(times))
    low = np.minimum(open_, close) - rng.integers(0, 20, len(times))
    digits = max(0, -int(np.floor(np.log10(tick) + 1e-9))) if tick < 1 else 0
    prices = [np.round(one * tick, digits) for one in (open_, high, low, close)]
    counts = [rng.integers(1, 50_000, len(times)) for _ in range(2)]
    made = Candles(np.array(times, dtype=np.int64), *prices, *counts, np.full(len(times), 5))
    return Series(made, instrument, step, digits)


def _times(instrument: Instrument, first: date, sessions: int, step: int) -> list[int]:
    found: list[int] = []
    day, zone = first, ZoneInfo(instrument.timezone)
    while sessions:
        hours = instrument.sessions.on(day)
        if hours is not None:
            sessions -= 1
            start = int(datetime.combine(day, hours.open, zone).timestamp())
            closing = datetime.combine(day, hours.close, zone)
            end = closing if closing.time() != datetime.min.time() else closing + timedelta(days=1)
            found += range(start, int(end.timestamp()), step)
        day += timedelta(days=1)
    return found


def number(value: float, digits: int, thousands: str = "", decimal: str = ".") -> str:
    """Write a number with marks: 130.000,00."""
    return f"{value:,.{digits}f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


# --- the formats: each returns lines, oldest first, with the header apart ---

Lines = tuple[list[str], list[str]]


def mt5(s: Series) -> Lines:
    head = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    return [head], [
        "\t".join(
            [f"{at:%Y.%m.%d}", f"{at:%H:%M:%S}", *(number(p, s.digits) for p in prices), *map(str, counts)]
        )
        for at, prices, counts in s.rows()
    ]


def headerless(s: Series, date_form: str = "%Y.%m.%d %H:%M:%S", separator: str = ",") -> Lines:
    return [], [
        separator.join([f"{at:{date_form}}", *(number(p, s.digits) for p in prices), *map(str, counts[:2])])
        for at, prices, counts in s.rows()
    ]


def mt4(s: Series) -> Lines:
    return headerless(s, "%Y-%m-%d,%H:%M")


def copy_rates(s: Series, extra: str = "") -> Lines:
    head = "time,open,high,low,close,tick_volume,spread,real_volume"
    rows = []
    for at, prices, (ticks, real, spread) in s.rows():
        wall = int(at.replace(tzinfo=UTC).timestamp())
        more = {"": "", "data": f",{at:%Y-%m-%d %H:%M:%S}", "symbol": ",WINJ26,M5"}[extra]
        rows.append(f"{wall},{','.join(map(str, prices))},{ticks},{spread},{real}{more}")
    return [head + {"": "", "data": ",data", "symbol": ",symbol,tf"}[extra]], rows


def tradingview(s: Series, stamp: str = "epoch", extra: str = "") -> Lines:
    head = "time,open,high,low,close,Volume" + (",Volume MA,EMA" if extra else "")
    rows = []
    for at, prices, counts in s.rows("UTC" if stamp in ("epoch", "z") else None):
        told = {
            "epoch": str(int(at.timestamp())),
            "z": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "offset": at.isoformat(),
        }[stamp]
        rows.append(
            f"{told},{','.join(number(p, s.digits) for p in prices)},{counts[1]}"
            + (",12.5," if extra else "")
        )
    return [head], rows


def profit(s: Series, separator: str = ";", thousands: str = ".") -> Lines:
    head = ["Ativo", "Data", "Hora", "Abertura", "Máximo", "Mínimo", "Fechamento", "Volume", "Quantidade"]
    rows = [
        separator.join(
            ["WINJ26", f"{at:%d/%m/%Y}", f"{at:%H:%M:%S}"]
            + [number(p, max(2, s.digits), thousands, ",") for p in prices]
            + [number(1.6e9, 2, thousands, ","), number(counts[1], 0, thousands, ",")]
        )
        for at, prices, counts in s.rows()
    ]
    return [separator.join(head)], rows


def profit_raw(s: Series) -> Lines:
    return [], [
        ";".join(
            ["WINJ26", f"{at:%d/%m/%Y}", f"{at:%H:%M:%S}"]
            + [number(p, max(2, s.digits), "", ",") for p in prices]
            + ["1,618E10", str(counts[1])]
        )
        for at, prices, counts in s.rows()
    ]


def data_candle(s: Series) -> Lines:
    return ["Data;Open;High;Low;Close;Candle"], [
        f"{at:%d/%m/%Y %H:%M};{';'.join(number(p, s.digits) for p in prices)};{row}"
        for row, (at, prices, _) in enumerate(s.rows())
    ]


def dukascopy(s: Series) -> Lines:
    return ["Gmt time,Open,High,Low,Close,Volume"], [
        f"{at:%d.%m.%Y %H:%M:%S}.000,{','.join(number(p, s.digits) for p in prices)},{counts[1] / 4:.2f}"
        for at, prices, counts in s.rows("UTC")
    ]


def dukascopy_local(s: Series) -> Lines:
    head, rows = dukascopy(s)
    stamps = [f"{at:%d.%m.%Y %H:%M:%S}.000 GMT{at:%z}" for at, _, _ in s.rows()]
    return [head[0].replace("Gmt", "Local")], [
        f"{stamp},{row.partition(',')[2]}" for stamp, row in zip(stamps, rows, strict=True)
    ]


def ninjatrader(s: Series, zone: str | None = None, *, ends: bool = False, decimal: str = ".") -> Lines:
    return [], [
        f"{at:%Y%m%d %H%M%S};{';'.join(number(p, s.digits, '', decimal) for p in prices)};{counts[1]}"
        for at, prices, counts in s.rows(zone, ends=ends)
    ]


def tradestation(s: Series, *, ends: bool = True) -> Lines:
    return ['"Date","Time","Open","High","Low","Close","Up","Down"'], [
        f"{at:%m/%d/%Y},{at:%H:%M},{','.join(number(p, s.digits) for p in prices)},{counts[0]},{counts[1]}"
        for at, prices, counts in s.rows(ends=ends)
    ]


def table(
    s: Series,
    stamp: str = "%Y-%m-%d %H:%M:%S",
    head: str = "timestamp,open,high,low,close,volume",
    thousands: str = "",
    decimal: str = ".",
    digits: int | None = None,
    zone: str | None = None,
    *,
    ends: bool = False,
) -> Lines:
    separator = ";" if ";" in head else ","
    places = s.digits if digits is None else digits
    rows = []
    for at, prices, counts in s.rows(zone, ends=ends):
        told = [number(p, places, thousands, decimal) for p in prices]
        fields = [at.strftime(stamp), *told, str(counts[1])]
        rows.append(
            separator.join(f'"{one}"' if separator in one and one is not fields[0] else one for one in fields)
        )
    return [head], rows


def split_table(s: Series, *, ends: bool = False) -> Lines:
    """Return the table that spreadsheets and desk programs write, some with the candles' ends."""
    return table(s, "%Y-%m-%d,%H:%M", "Date,Time,Open,High,Low,Close,Volume", ends=ends)


# --- the quirks: bytes of the lines, written as editors and exporters leave them ---


def raw(lines: Lines, quirk: str = "", rng: random.Random | None = None) -> bytes:
    """Return the file's bytes with a quirk; `QUIRKS` names them."""
    head, rows = list(lines[0]), list(lines[1])
    separator = max("\t;,", key=rows[0].count)
    if "newest first" in quirk:
        rows.reverse()
    if "trailing separators" in quirk:
        rows = [row + separator for row in rows]
        head = [row + separator for row in head]
    if "twice" in quirk:
        at = (rng or random.Random(1)).randrange(len(rows))
        rows.insert(at, rows[at])
    if "blank lines" in quirk:
        rows.insert(len(rows) // 2, "")
        rows += ["", " "]
    text = "\n".join([*head, *rows]) + "\n"
    if "cut" in quirk:
        last = rows[-1]
        keep = (rng or random.Random(1)).randrange(1, len(last))
        text = text[: -len(last) - 1 + keep]
    if "no end" in quirk:
        text = text.rstrip("\n")
    return _packed(_encoded(text.replace("\n", "\r\n") if "crlf" in quirk else text, quirk), quirk)


def _encoded(text: str, quirk: str) -> bytes:
    if "utf-16-be" in quirk:
        return b"\xfe\xff" + text.encode("utf-16-be")
    name = {"utf-16", "latin-1"} & set(quirk.split())
    return text.encode(name.pop() if name else "utf-8-sig" if "bom" in quirk else "utf-8")


def _packed(content: bytes, quirk: str) -> bytes:
    if "gzip" in quirk:
        return gzip.compress(content)
    if "zip" not in quirk:
        return content
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("velas/arquivo.csv", content)
    return held.getvalue()


QUIRKS = (
    "",
    "bom",
    "utf-16",
    "utf-16-be",
    "latin-1",
    "crlf",
    "trailing separators",
    "newest first",
    "twice",
    "blank lines",
    "no end",
    "gzip",
    "zip",
    "cut",
    "bom crlf newest first",
    "utf-16 crlf cut newest first",
    "utf-16 crlf trailing separators zip",
)


def workbook(s: Series, path: object, form: str = "cells", sheets: tuple[str, ...] = ("Plan1",)) -> None:
    """Write Excel as Profit does: the date twice, indicators beside, newest first, prices off the grid.

    `form`: dates and times are Excel's own ("cells"), "texts", or "serials", its bare numbers of days.
    """
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_sheet("Notas").append(["nada aqui"])
    for name in sheets:
        sheet = book.create_sheet(name)
        more = [f"Média {at}" for at in range(20)]
        sheet.append(
            ["Data", "Data", "Hora", "Abertura", "Máximo", "Mínimo", "Fechamento", "Quantidade", *more]
        )
        for at, prices, counts in reversed(list(s.rows())):
            wall = at.replace(tzinfo=None)
            told = [number(p, 2, ".", ",") for p in prices] if form == "texts" else prices
            number_of = (wall - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001  # Excel's first day
            stamps = {
                "cells": [wall, wall.replace(hour=0, minute=0, second=0), wall.time()],
                "texts": [wall, f"{wall:%d/%m/%Y}", f"{wall:%H:%M:%S}"],
                "serials": [number_of, int(number_of), number_of % 1],
            }[form]
            sheet.append([*stamps, *told, counts[1], *[0.123456] * 20])
    book.save(path)


FORMATS: dict[str, Callable[[Series], Lines]] = {
    "MetaTrader 5": mt5,
    "MetaTrader script": headerless,
    "MetaTrader 4": mt4,
    "MetaTrader 4, semicolons": lambda s: headerless(s, "%Y.%m.%d;%H:%M", ";"),
    "copy_rates": copy_rates,
    "copy_rates, readable date": lambda s: copy_rates(s, "data"),
    "copy_rates, symbol and tf": lambda s: copy_rates(s, "symbol"),
    "TradingView epoch": tradingview,
    "TradingView epoch, indicators": lambda s: tradingview(s, extra="x"),
    "TradingView Z": lambda s: tradingview(s, "z"),
    "TradingView offset": lambda s: tradingview(s, "offset"),
    "Profit": profit,
    "Profit, no thousands": lambda s: profit(s, thousands=""),
    "Profit raw": profit_raw,
    "Data;Open": data_candle,
    "Dukascopy": dukascopy,
    "Dukascopy local": dukascopy_local,
    "NinjaTrader openings": ninjatrader,
    "NinjaTrader ends": lambda s: ninjatrader(s, ends=True),
    "NinjaTrader export": lambda s: ninjatrader(s, "UTC", ends=True),
    "HistData": lambda s: ninjatrader(s, "Etc/GMT+5"),
    "TradeStation": tradestation,
    "TradeStation, openings": lambda s: tradestation(s, ends=False),
    "timestamp header": table,
    "ISO with offset": lambda s: table(s, "%Y-%m-%dT%H:%M:%S%z"),
    "AM/PM": lambda s: table(s, "%m/%d/%Y %I:%M %p", "Date,Open,High,Low,Close,Volume"),
    "month first": lambda s: table(s, "%m/%d/%Y,%H:%M", "Date,Time,Open,High,Low,Close,Volume"),
    "day first": lambda s: table(s, "%d/%m/%Y,%H:%M", "Date,Time,Open,High,Low,Close,Volume"),
    "two-digit years": lambda s: table(s, "%d/%m/%y %H:%M", "Date,Open,High,Low,Close,Volume"),
    "two-digit years, month first": lambda s: table(s, "%m/%d/%y %H:%M", "Date,Open,High,Low,Close,Volume"),
    "two-digit years, dashes": lambda s: table(s, "%d-%m-%y %H:%M", "Date,Open,High,Low,Close,Volume"),
    "thousands": lambda s: table(
        s, "%Y-%m-%d %H:%M", "Date,Open,High,Low,Close,Volume", ",", ".", max(2, s.digits)
    ),
    "thousands, grouped only": lambda s: table(
        s, "%Y-%m-%d %H:%M", "Date;Open;High;Low;Close;Volume", ".", ","
    ),
    "decimal commas": lambda s: table(
        s, "%Y-%m-%d %H:%M", "Date;Open;High;Low;Close;Volume", "", ",", max(1, s.digits)
    ),
    "naive ends": lambda s: split_table(s, ends=True),
    "naive openings": split_table,
    "naive UTC": lambda s: table(s, zone="UTC"),
    "epoch, small header": lambda s: (["time,open,high,low,close,volume"], tradingview(s)[1]),
    "epoch milliseconds": lambda s: (
        ["timestamp,open,high,low,close,volume"],
        [row.replace(",", "000,", 1) for row in tradingview(s)[1]],
    ),
    "compact": lambda s: table(s, "%Y%m%d,%H%M%S", "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"),
}
"""By name, how a program writes a series in its own clock."""
