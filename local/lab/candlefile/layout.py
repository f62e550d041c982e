"""Which columns a file has, and whose format it is: told by its header or its first line, never its name."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from local.lab.candlefile.facts import DateOrder, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.lab.candlefile.facts import Lines

MT5 = Kind("MetaTrader 5 export", sure=True, whole_volumes=True)
METATRADER = Kind("MetaTrader without header", sure=True, whole_volumes=True)
COPY_RATES = Kind("copy_rates", whole_volumes=True)
TRADINGVIEW = Kind("TradingView export", clock="utc")
PROFIT = Kind("Profit export", sure=True, dates=DateOrder.DMY, whole_volumes=True)
PROFIT_RAW = Kind("Profit export without header", sure=True, dates=DateOrder.DMY, whole_volumes=True)
DATA_CANDLE = Kind("Data;Open;High;Low;Close", dates=DateOrder.DMY)
DUKASCOPY = Kind("Dukascopy", dates=DateOrder.DMY)
NINJATRADER = Kind("NinjaTrader or HistData", clock=None, stamps=None)
TRADESTATION = Kind("TradeStation", stamps=None, dates=DateOrder.MDY)
LIBRARY = Kind("table of a data library")
"""One column `time`, `timestamp` or `datetime`: MetaTrader's Python, exchanges' interfaces and pandas name a
candle by its opening."""
TABLE = Kind("table with header", stamps=None)
BARE = Kind("table without header", stamps=None)
EPOCHS = Kind("epoch table", clock=None)

KNOWN = (
    "MetaTrader 5 export (<DATE> <TIME> <OPEN> ... with tabs)",
    "MetaTrader 4/5 without header (2023.08.30 18:00:00,o,h,l,c,tick volume,volume)",
    "copy_rates CSV (time,open,high,low,close,tick_volume,spread,real_volume)",
    "Profit export, with or without header (Ativo,Data,Hora,Abertura,Máximo,Mínimo,Fechamento,...)",
    "TradingView (time,open,high,low,close,Volume)",
    "Dukascopy (Gmt time,Open,...)",
    "NinjaTrader and HistData (yyyyMMdd HHmmss;o;h;l;c;v)",
    "TradeStation",
    "Excel (.xlsx), and any table whose header names date, time, open, high, low, close",
    "Data;Open;High;Low;Close;Candle",
)
"""What the reader knows, for the message that refuses the rest."""

_WORDS = {
    "date": "date data day dia fecha tradedate dateyyyymmdd",
    "time": "time hora horario timehhmmss hour",
    "stamp": "datetime datahora dataehora timestamp gmttime localtime utctime timeutc timegmt ts "
    "opentime dateandtime datetimeutc datetimegmt t estampa",
    "open": "open abertura o first",
    "high": "high maximo maxima max h",
    "low": "low minimo minima min l",
    "close": "close fechamento c ultimo ultima last",
    "tick_volume": "tickvol tickvolume ticks negocios trades numberoftrades ntrades qtdnegocios "
    "quantidadedenegocios numnegocios",
    "real_volume": "realvolume vol volume v totalvolume quantidade qtd qtde contratos contracts "
    "volumequantidade volumeqtd",
    "money": "volumefinanceiro financialvolume volumefin volumers volumedinheiro financeiro",
    "spread": "spread",
    "symbol": "ativo symbol ticker papel simbolo instrument codigo",
    "timeframe": "tf timeframe period per periodicidade resolution interval",
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
_PRICES = ("open", "high", "low", "close")
_PORTUGUESE = {"abertura", "maximo", "maxima", "minimo", "minima", "fechamento", "ultimo"}
_OF_LIBRARIES = {"timestamp", "datetime", "opentime"}
_SEPARATORS = ("\t", ";", "|", ",")
_SAMPLE = 60
_HEADER_WITHIN = 30

_YEAR_FIRST = re.compile(r"\d{4}[.\-/]\d{1,2}[.\-/]\d{1,2}|\d{8}")
_DATE = re.compile(r"\d{1,4}[.\-/]\d{1,2}[.\-/]\d{1,4}|\d{8}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}.*|\d{3,6}")
_FULL = re.compile(r"(\S+)[T ]+(\d{1,2}:\d{2}\S*( ?[AaPp]\.?[Mm]\.?)?.*|\d{6})")
_EPOCH = re.compile(r"\d{9,10}(\.0+)?|\d{13}(\.0+)?|\d{16}|\d{19}")
_NUMBER = re.compile(r"-?[\d.,' \u00a0]*\d([eE][+-]?\d+)?")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9$@!._\-]{0,20}")
_ZONE_IN_NAME = re.compile(r"(utc|gmt)\s*([+-]\d{1,2})?(?::?(\d{2}))?")


@lru_cache(maxsize=1024)
def plain(field: str) -> str:
    """Return a header's word without brackets, quotes, accents, capitals, spaces."""
    folded = unicodedata.normalize("NFKD", field.casefold())
    return "".join(filter(str.isalnum, folded.encode("ascii", "ignore").decode()))


def is_header(fields: Sequence[str]) -> bool:
    """Tell whether these are the names of a candle table's columns."""
    roles = {_ROLES.get(plain(_without_zone(field))) for field in fields}
    return roles.issuperset(_PRICES) and bool(roles & {"date", "time", "stamp"})


def recognise(lines: Lines) -> Layout:
    """Return the layout that the first lines announce. Raises HistoryError naming the formats known."""
    start, told = _separator_line(lines)
    for separator in (lines.separator, told) if lines.separator or told else ():
        if separator:
            found = _with_separator(lines, separator, start)
            if found is not None:
                return found
    for separator in (*_SEPARATORS, " "):
        found = _with_separator(lines, separator, start)
        if found is not None:
            return found
    first = lines.texts[start][:60] if start < len(lines.texts) else lines.texts[0][:60]
    known = "; ".join(KNOWN)
    raise lines.refuse(
        start if start < len(lines.texts) else 0, f"unknown format {first!r}; formats read: {known}"
    )


def split(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Return the fields of lines."""
    if separator == " ":
        return [line.split() for line in lines]
    if not any('"' in line for line in lines):
        return [line.split(separator) for line in lines]
    return [next(csv.reader([line], delimiter=separator)) for line in lines]


def _separator_line(lines: Lines) -> tuple[int, str | None]:
    """Return where the table may begin, and the separator of Excel's `sep=;` line."""
    match = re.fullmatch(r'"?sep=(.)"?;*,*', lines.texts[0].strip(), re.IGNORECASE)
    return (1, match.group(1)) if match else (0, None)


def _with_separator(lines: Lines, separator: str, start: int) -> Layout | None:
    rows = split(lines.texts[start : start + _SAMPLE], separator)
    for at, fields in enumerate(rows[:_HEADER_WITHIN]):
        if is_header(fields):
            return _headed(lines, separator, start + at, fields, rows[at + 1 :])
    if not rows or len(rows[0]) < 5:
        return None
    return _headless(lines, separator, start, rows)


def _headed(
    lines: Lines, separator: str, at: int, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Layout:
    if at + 1 >= len(lines.texts):
        raise lines.refuse(at, "a header and no candles; export the period again")
    columns = _roles([_without_zone(name) for name in names])
    bare = {plain(name) for name in names}
    portuguese = bool(bare & _PORTUGUESE)
    _settle_volumes(columns, names, portuguese=portuguese)
    kind = _kind(names, bare, columns, rows, portuguese=portuguese)
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else len(names)
    if separator == "," and all(len(row) >= len(names) + len(_PRICES) and row[-1].strip() for row in rows):
        what = f"the header names {len(names)} columns and the lines have {width} fields"
        raise lines.refuse(at + 1, f"{what}; if commas are decimal too, export with semicolons or tabs")
    return Layout(
        separator,
        max(width, len(names)),
        at + 1,
        tuple(name.strip(" '\"<>") for name in names),
        {role: tuple(found) for role, found in columns.items()},
        kind,
        portuguese,
        _zone_in_header(names, columns),
    )


def _roles(names: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        role = _ROLES.get(plain(name))
        if role is not None:
            found.setdefault(role, []).append(at)
    return found


def _settle_volumes(columns: dict[str, list[int]], names: Sequence[str], *, portuguese: bool) -> None:
    """Profit's `Volume` is money; its `Quantidade` counts contracts."""
    real = columns.get("real_volume", [])
    if portuguese:
        money = [at for at in real if plain(names[at]) in ("volume", "vol", "v")]
        if (money and len(money) < len(real)) or any("negocia" in plain(name) for name in names):
            columns["real_volume"] = [at for at in real if at not in money]
            columns.setdefault("money", []).extend(money)
    if len(columns.get("real_volume", [])) > 1:
        exact = [at for at in columns["real_volume"] if plain(names[at]) in ("realvolume", "quantidade")]
        columns["real_volume"] = (exact or columns["real_volume"])[:1]
    if not columns.get("real_volume"):
        columns.pop("real_volume", None)


def _kind(
    names: Sequence[str],
    bare: set[str],
    columns: Mapping[str, Sequence[int]],
    rows: Sequence[Sequence[str]],
    *,
    portuguese: bool,
) -> Kind:
    if {"tickvol", "open"} <= bare and "<" in "".join(names):
        return MT5
    if {"tickvolume", "spread", "realvolume"} <= bare:
        return COPY_RATES
    if {"up", "down"} <= bare and not portuguese:
        return TRADESTATION
    if bare & {"gmttime", "localtime"}:
        return DUKASCOPY
    if portuguese:
        return PROFIT
    if names[0].strip() == "Data":
        return DATA_CANDLE
    stamps = columns.get("stamp", ()) or columns.get("time", ()) or columns.get("date", ())
    head = [row[stamps[0]].strip() for row in rows[:1] if stamps and stamps[0] < len(row)]
    epoch = bool(head) and _EPOCH.fullmatch(head[0]) is not None
    if [name.strip() for name in names[:5]] == ["time", "open", "high", "low", "close"]:
        others = [name.strip() for name in names[5:] if name.strip()]
        zoned = bool(head) and re.search(r"T.*(Z|[+-]\d\d:?\d\d)$", head[0]) is not None
        if (epoch and "Volume" in others) or zoned:
            return TRADINGVIEW
    if epoch:
        return EPOCHS
    return LIBRARY if _by_a_library(names, columns) else TABLE


def _by_a_library(names: Sequence[str], columns: Mapping[str, Sequence[int]]) -> bool:
    """Tell whether one column names the moment as programs' libraries call it, not as spreadsheets do."""
    moments = [names[at].strip() for role in ("stamp", "time", "date") for at in columns.get(role, ())]
    lower = all(names[columns[role][0]].strip().islower() for role in _PRICES)
    return len(moments) == 1 and (plain(moments[0]) in _OF_LIBRARIES or (lower and moments[0].islower()))


def _zone_in_header(names: Sequence[str], columns: Mapping[str, Sequence[int]]) -> int | None:
    for role in ("stamp", "time", "date"):
        for at in columns.get(role, ()):
            match = _ZONE_IN_NAME.search(names[at].casefold())
            if match:
                hours, minutes = int(match.group(2) or 0), int(match.group(3) or 0)
                return hours * 3600 + (minutes if hours >= 0 else -minutes) * 60
    return None


def _without_zone(name: str) -> str:
    """Return `time` for `time (UTC-3)`; `Gmt time` and `utc_time` stay, they are names of their own."""
    return re.sub(r"[\s(\[_]+(utc|gmt)\s*([+-]\d{1,2}(:?\d{2})?)?[)\]]?\s*$", "", name, flags=re.IGNORECASE)


def _headless(lines: Lines, separator: str, start: int, rows: Sequence[Sequence[str]]) -> Layout | None:
    width = Counter(map(len, rows)).most_common(1)[0][0]
    filled = max(at for row in rows for at, field in enumerate(("x", *row)) if field.strip())
    first = [field.strip() for field in rows[0][:filled]]
    shape = _shape(first)
    if shape is None:
        return None
    roles, kind = shape
    taken = {role: (at,) for at, role in enumerate(roles) if at < min(width, filled)}
    return Layout(separator, width, start, (), taken, kind)


def _shape(first: Sequence[str]) -> tuple[Sequence[str], Kind] | None:
    """Return the roles of a line without header, and the format they tell."""
    if _SYMBOL.fullmatch(first[0]) and len(first) >= 6 and _DATE.fullmatch(first[1]):
        clock = ("time",) if ":" in first[2] or _CLOCK.fullmatch(first[2]) else ()
        roles = ("symbol", "date", *clock, *_PRICES, "money", "real_volume", "tick_volume")
        return (roles, PROFIT_RAW) if _numbers(first, roles) else None
    full = _FULL.fullmatch(first[0])
    if full is not None and _DATE.fullmatch(full.group(1)):
        kind = NINJATRADER if re.fullmatch(r"\d{8} +\d{6}", first[0]) else _by_date(full.group(1))
        return _tail(("stamp",), kind, first)
    if _DATE.fullmatch(first[0]) and _CLOCK.fullmatch(first[1]) and len(first) >= 6:
        return _tail(("date", "time"), _by_date(first[0]), first)
    if _EPOCH.fullmatch(first[0]) or re.fullmatch(r"\d{12}|\d{14}", first[0]):
        return _tail(("stamp",), EPOCHS if _EPOCH.fullmatch(first[0]) else BARE, first)
    if _DATE.fullmatch(first[0]):
        return _tail(("date",), NINJATRADER if first[0].isdigit() else _by_date(first[0]), first)
    return None


def _by_date(text: str) -> Kind:
    return METATRADER if re.fullmatch(r"\d{4}[.\-]\d{1,2}[.\-]\d{1,2}", text) else BARE


def _tail(stamp: tuple[str, ...], kind: Kind, first: Sequence[str]) -> tuple[Sequence[str], Kind] | None:
    volumes = ("tick_volume", "real_volume", "spread") if kind is METATRADER else ("real_volume",)
    roles = (*stamp, *_PRICES, *volumes)
    return (roles, kind) if _numbers(first, roles) else None


def _numbers(first: Sequence[str], roles: Sequence[str]) -> bool:
    prices = [first[at] for at, role in enumerate(roles) if role in _PRICES and at < len(first)]
    return len(prices) == len(_PRICES) and all(_NUMBER.fullmatch(price) for price in prices)
