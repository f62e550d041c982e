"""`pregao explain`: why a candle rang, or why not."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from local.cli.paths import CONFIG, STATE
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.moments import moment
from local.cli.shared.options import Stack
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from pregao.domain.alerts.signal import Direction, Outlook, Pattern, Unmeasured
from pregao.domain.market.candle import decimals_of
from pregao.domain.market.instrument import Instrument
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration
    from pregao.domain.detectors.explain import Condition, Explanation
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles

NAMES = {
    "warmup": "velas até aqui · candles so far",
    "since_hole": "velas desde o buraco na sessão · candles since the hole in the session",
    "z": "z",
    "open": "abertura · open",
    "close": "fechamento · close",
    "engulfed": "um corpo maior que o outro · one body larger",
    "body": "corpo · body",
    "trend_against": "tendência contrária · trend against",
    "rsi_before": "IFR das velas antes do pivô · RSI before the pivot",
    "rsi_after": "IFR das velas depois do pivô · RSI after the pivot",
    "distance": "velas desde o pivô anterior · candles since the pivot before",
    "pivot_price": "extremo do pivô contra o anterior · pivot's extreme",
    "rsi": "IFR do pivô contra o anterior · pivot's RSI",
    "margin": "além do nível · beyond the level",
    "session_candles": "velas do pregão até aqui · candles of the session so far",
    "usual_slots": "das últimas 6, com amplitude usual conhecida · of the last 6, with a usual range",
    "heat": "as últimas 6 velas, em vezes o usual · the last 6 candles, in times the usual",
    "heat_before": "o maior valor das 12 velas antes · the highest of the 12 candles before",
}
DAYS = 8
"""Days looked back for the beginning of an alert's id."""
PURE = {"z": 2, "rsi": 2, "rsi_before": 2, "rsi_after": 2, "heat": 2, "heat_before": 2} | dict.fromkeys(
    ("distance", "warmup", "since_hole", "session_candles", "usual_slots"), 0
)
"""Numbers that are no prices, and their decimals."""


@reads_candles
def explain_candle(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="arquivo de velas · a file of candles")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="abertura da vela: 01/09/2021 10:35, 2021-09-01 10:35, ISO · the candle's opening"),
    ] = None,
    closed: Annotated[
        str | None, typer.Option(help="ou o seu fechamento: 10:40, 01/09/2021 10:40 · or its close")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="detectors.engulfing.trend_atr=2; repetível · repeatable"),
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    json_out: Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")] = False,
    alert: Annotated[
        str | None,
        typer.Option(help="id de um alerta, ou seu começo: para quem tocou · an alert's id: whom it rang"),
    ] = None,
    operator: Annotated[
        str | None, typer.Option(help="só este operador, com --alert · this operator alone")
    ] = None,
    stack: Stack = None,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Mostra, padrão por padrão, as condições de uma vela · the conditions of every pattern at one candle.

    Com --alert e sem arquivo: por que o alerta tocou, ou não, para cada operador, segundo a auditoria.
    Código 0; 2 quando o arquivo, a configuração, a hora, o alerta ou o operador é recusado.

    With --alert and no file: why the alert rang each operator, or did not, by its audit records.
    Exit code 0; 2 when the file, the configuration, the time, the alert or the operator is refused.
    """
    from local.lab.history import judged_candles, read_for
    from pregao.config.reader import load
    from pregao.domain.calibration.live import explain_size
    from pregao.domain.detectors.explain import explain

    config = load(config_dir, overrides or ())
    if alert is not None:
        from local.cli.shared.rung import tell_rung
        from local.ops.trace_read import read_records
        from local.stack.deployed import deployed

        desk = [one.operator() for one in config.operators if operator in (None, one.id)]
        if not desk:
            known = ", ".join(one.id for one in config.operators)
            raise typer.BadParameter(
                f"'{operator}' não é um de · is none of {known}", param_hint="--operator"
            )
        records = read_records(deployed(stack, STATE), alert, datetime.now(UTC), DAYS)
        tell_rung(records, desk, config.zone_of, json_out)
        return
    if file is None or symbol is None:
        raise typer.BadParameter(
            "dê um arquivo de velas e --symbol, ou --alert · give a file of candles and --symbol, or --alert",
            param_hint="FILE",
        )
    instrument = config.instrument_for(symbol).of_feed(symbol)
    reading = read_for(file, instrument, symbol, choices)
    tell_reading(reading)
    candles = judged_candles(reading)
    zone = ZoneInfo(instrument.timezone)
    row = _row(candles, _asked(candles, zone, at, closed), zone)
    settings = config.detectors_for(instrument.name)
    ranged, outlook = explain_size(candles, instrument, settings, row, _known(candles, instrument, row))
    found = explain(candles, instrument, settings, row)
    worth = {
        (one.pattern, one.direction): worth_of(candles, instrument, settings, row, one)
        for one in found
        if one.fires
    }
    if json_out:
        levels = (worth.get((one.pattern, one.direction)) for one in found)
        patterns = [_plain(one) | {"levels": own} for one, own in zip(found, levels, strict=True)]
        opened = int(candles.time[row])
        closes = opened + reading.timeframe_s
        if settings.unusual_range.enabled:
            patterns.append(_plain(ranged) | {"levels": None})
        said = asdict(outlook) if isinstance(outlook, Outlook) else None
        unmeasured = {} if said else {"outlook": str(outlook)}
        told = {"time": opened, "closed_at": closes, "outlook": said, "unmeasured": unmeasured}
        typer.echo(json.dumps(told | {"patterns": patterns}))
        return
    decimals = decimals_of(instrument.tick_size)
    _tell(candles, row, reading.timeframe_s, zone, found, decimals, worth)
    _tell_size(ranged if settings.unusual_range.enabled else None, outlook, decimals)


def _known(candles: Candles, instrument: Instrument, row: int) -> Calibration | None:
    """Return what was known of sizes before the session of a candle, from the file's sessions before it."""
    from pregao.domain.calibration.live import last_sizes

    day = instrument.local_date(int(candles.time[row]))
    first = bisect_left(candles.time.tolist(), day, key=instrument.local_date)
    return last_sizes(candles[:first], instrument)


def worth_of(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, row: int, one: Explanation
) -> dict[str, float]:
    """Return stop and target of what fires, and what they are worth per contract from the candle's close.

    In the account's money: points times the instrument's `point_value`.
    """
    import numpy as np

    from pregao.domain.calibration.barrier import planned
    from pregao.domain.detectors.indicators import rsi_and_atr
    from pregao.domain.detectors.prices import Series

    window = candles[max(0, row - settings.warmup + 1) : row + 1]
    series = Series(window, instrument.tick_size, instrument.timezone)
    _, atr = rsi_and_atr(series)
    last, side = np.array([len(window) - 1]), np.array([one.direction.sign], dtype=np.int8)
    levels = planned(series, last, side, atr[-1:], settings.levels(one.pattern))
    target, stop = (float(np.round(series.price(one_level), 10)[0]) for one_level in levels[2:])
    close = float(candles.close[row])
    money = {
        name: round(one.direction.sign * (price - close) * instrument.point_value, 2)
        for name, price in (("stop_money", stop), ("target_money", target))
    }
    return {"stop": stop, "target": target} | money


def _asked(candles: Candles, zone: ZoneInfo, at: str | None, closed: str | None) -> int:
    """Return a moment within the candle asked for: by its opening, or any moment of it, or by its close."""
    if (at is None) == (closed is None):
        raise typer.BadParameter("dê --at ou --closed · give one of --at and --closed", param_hint="--at")
    dates = {datetime.fromtimestamp(int(candles.time[row]), zone).date() for row in (0, -1)}
    day = dates.pop() if len(dates) == 1 else None
    if at is not None:
        return moment(at, zone, day, "--at")
    return moment(closed or "", zone, day, "--closed") - 1


def _row(candles: Candles, moment: int, zone: ZoneInfo) -> int:
    """Return the candle whose period holds the moment; raises typer.BadParameter naming its neighbours."""
    import numpy as np

    from local.lab.history import timeframe_of

    row = int(np.searchsorted(candles.time, moment, "right")) - 1
    if row >= 0 and moment < candles.time[row] + timeframe_of(candles):
        return row
    near = [_clock(candles, at, zone) for at in (row, row + 1) if 0 <= at < len(candles)]
    asked = datetime.fromtimestamp(moment, zone)
    raise typer.BadParameter(
        f"{asked:%Y-%m-%d %H:%M} não está em vela alguma · is in no candle; nearest: {', '.join(near)}",
        param_hint="--at",
    )


def _clock(candles: Candles, row: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(int(candles.time[row]), UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def _tell(
    candles: Candles,
    row: int,
    step: int,
    zone: ZoneInfo,
    found: Sequence[Explanation],
    decimals: int,
    worth: Mapping[tuple[Pattern, Direction], Mapping[str, float]],
) -> None:
    console = Console(highlight=False)
    prices = " · ".join(
        f"{name} {number(float(getattr(candles, column)[row]), decimals, 'pt-BR')}"
        for name, column in (("A", "open"), ("Máx", "high"), ("Mín", "low"), ("F", "close"))
    )
    end = datetime.fromtimestamp(int(candles.time[row]) + step, zone)
    times = f"{_clock(candles, row, zone)} (abertura · opening) → {end:%H:%M} (fechamento · close)"
    console.print(f"{times}  {prices}", style="bold", soft_wrap=True)
    for one in found:
        console.print(_headline(one), soft_wrap=True)
        for line in _lines(one, decimals):
            console.print(line, soft_wrap=True)
        if one.fires:
            console.print(_worth_line(worth[one.pattern, one.direction], decimals), soft_wrap=True)


def _tell_size(ranged: Explanation | None, outlook: Outlook | Unmeasured, decimals: int) -> None:
    """Tell of the size of what comes: why an unusual range rings or not, and the range to expect."""
    console = Console(highlight=False)
    if ranged:
        for line in (_headline(ranged), *_lines(ranged, decimals)):
            console.print(line, soft_wrap=True)
    if isinstance(outlook, Outlook):
        low, high, usual = (
            number(one, decimals, "pt-BR") for one in (outlook.low, outlook.high, outlook.usual)
        )
        said = f"{low} - {high} nas próximas {outlook.horizon} velas ({outlook.level:.0%}; usual {usual})"
    else:
        said = f"{word(outlook, 'pt-BR')} · {word(outlook, 'en')}"
    console.print(f"amplitude esperada · expected range: {said}", soft_wrap=True)


def _worth_line(worth: Mapping[str, float], decimals: int) -> str:
    stop, target = (number(worth[name], decimals, "pt-BR") for name in ("stop", "target"))
    lost, won = (number(worth[name], 2, "pt-BR") for name in ("stop_money", "target_money"))
    return f"    stop {stop} ({lost}) · alvo · target {target} (+{won}) por contrato · per contract"


def _headline(one: Explanation) -> Text:
    title = f"{word(one.pattern, 'pt-BR')} · {one.pattern} · {word(one.direction, 'pt-BR')}"
    if one.fires:
        return Text(f"● {title}: toca · fires", "bold green")
    if len(one.missed) == 1:
        return Text(f"◐ {title}: falta uma condição · one condition missed", "yellow")
    return Text(f"○ {title}: {len(one.missed)} condições faltam · conditions missed", "dim")


def _lines(one: Explanation, decimals: int) -> Iterator[Text]:
    for condition in one.conditions:
        back = f" [{condition.back} antes · before]" if condition.back else ""
        value, threshold, gap = (
            _number(condition, number_, decimals)
            for number_ in (condition.value, condition.threshold, condition.short_of)
        )
        mark, colour = ("✓", "green") if condition.held else ("✗", "red")
        missing = "" if condition.held else f"   falta · short of {gap}"
        name = NAMES[condition.name]
        yield Text(f"    {mark} {name}{back}: {value} {condition.sign} {threshold}{missing}", colour)


def _number(condition: Condition, value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return "-"
    return number(value, PURE.get(condition.name, decimals), "pt-BR")


def _plain(one: Explanation) -> dict[str, object]:
    conditions = [
        asdict(condition) | {"held": condition.held, "short_of": condition.short_of}
        for condition in one.conditions
    ]
    return {
        "pattern": one.pattern,
        "direction": one.direction,
        "fires": one.fires,
        "conditions": [{key: _finite(value) for key, value in row.items()} for row in conditions],
    }


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
