"""`pregao trace`: where an alert's time went, from the candle's close to the decision."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.cli.paths import CONFIG, STATE
from local.cli.shared.options import Stack
from local.ops.trace import Gap, Step, Trace
from pregao.domain.text.times import ZoneOf, day_and_minute
from pregao.domain.text.words import number

BESIDE, NARROWEST, WIDEST = 66, 16, 64
"""Columns of everything but the time axis, and how wide that may be."""
FINEST_S = 0.01
"""Where the axis is still linear; from there on it is logarithmic: milliseconds and minutes stand on one."""
TICKS = {0.01: "10ms", 0.1: "0,1s", 1: "1s", 10: "10s", 60: "1min", 600: "10min", 3600: "1h", 86_400: "1d"}
"""Seconds that the axis names where it reaches so far."""
KINDS = {
    "posted": "julgado · judged",
    "queued": "gravação, fila · queued",
    "websocket": "tela · screen",
    "listed": "na lista · listed",
    "email": "e-mail",
    "sms": "SMS",
    "receipt": "confirmação · receipt",
    "decision": "decisão · decision",
}
COLOURS = {"posted": "cyan", "queued": "cyan", "receipt": "green", "decision": "magenta", "email": "yellow"}
BAD = frozenset({"failed", "gone", "bounced", "rejected", "complained", "intent"})
GAPS = {
    "delivery": "nenhuma entrega gravada; `watch` a reenvia em dois minutos, senão: pregao dlq list"
    " · no delivery on record; `watch` sends it again within two minutes, else: pregao dlq list",
    "outcome": "uma tentativa sem desfecho: a função morreu, ou ainda está nela"
    " · an attempt without outcome: its function died, or is still at it",
    "receipt": "sem confirmação; o temporizador a grava depois da espera (delivery.receipt_grace_s)"
    " · no receipt; the timer records it after the grace",
    "decision": "ninguém decidiu ainda · nobody has decided yet",
}


def trace(
    alert: Annotated[
        str, typer.Argument(help="id do alerta, ou seu começo · the alert's id or its beginning")
    ],
    days: Annotated[
        int, typer.Option(min=1, max=400, help="dias para trás · days to look back for a beginning")
    ] = 8,
    json_out: Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")] = False,
    stack: Stack = None,
) -> None:
    """Mostra a latência de um alerta, passo a passo · where an alert's time went, as a waterfall.

    O que não tem registro próprio (quando a fila recebeu) fica dentro do passo em volta. Código 0; 2 quando
    nenhum alerta, ou mais de um, começa assim. "! > 100 ms": passou do seu limite.

    What is not on record of its own (when the queue took it) stands inside the step around it.
    Exit code 0; 2 when no alert, or more than one, begins so. "! > 100 ms": it missed its budget.
    """
    from local.ops.trace_read import read_trace
    from local.stack.deployed import deployed
    from pregao.config.reader import load

    found = read_trace(deployed(stack, STATE), alert, datetime.now(UTC), days)
    config = load(CONFIG)
    names = {one.audit_id: one.id for one in config.operators}
    if json_out:
        typer.echo(json.dumps(_plain(found), indent=1))
    else:
        _tell(found, names, config.zone_of, Console(highlight=False))


def _plain(found: Trace) -> dict[str, Any]:
    """Return it as JSON values; offsets in milliseconds, None where no end is on record."""
    alert = found.alert
    about = ("id", "contract", "pattern", "candle_closed_at", "detected_at")
    return {
        **{name: alert[name] for name in about},
        "verdict": found.verdict,
        "reason": found.reason,
        "judgements": found.judgements,
        "live": found.live,
        "steps": [_plain_step(one, alert) for one in found.steps],
        "missing": [asdict(one) for one in found.gaps],
    }


def _plain_step(step: Step, alert: Mapping[str, Any]) -> dict[str, Any]:
    since = {
        "since_close_ms": alert["candle_closed_at"],
        "since_detection_ms": alert["detected_at"],
        "took_ms": step.began,
    }
    end = step.ended
    return (
        asdict(step)
        | {"over_ms": step.over_ms}
        | {name: None if end is None else round((end - begin) * 1000, 1) for name, begin in since.items()}
    )


def _tell(found: Trace, names: Mapping[str, str], zone_of: ZoneOf, console: Console) -> None:
    from pregao.domain.text.email import headline
    from pregao.wire.alert_v1 import load_recorded_alert

    alert = load_recorded_alert(found.alert)
    closed = day_and_minute(alert.candle_closed_at, zone_of(alert.instrument))
    console.print(f"· {closed} {headline(alert, 'pt-BR')}")
    console.print(f"  {alert.id}")
    verdict = "" if found.verdict == "admitted" else "não tocou · did not ring: "
    console.print(f"  {verdict}{found.verdict} ({found.reason})", soft_wrap=True)
    if not found.live:
        days = (alert.detected_at - alert.candle_closed_at) / 86_400
        console.print(
            f"  reprise, {number(days, 1, 'pt-BR')} dias depois da vela: o tempo conta da detecção"
            " · replayed: time counts from detection",
            soft_wrap=True,
        )
    width = min(max(console.width - BESIDE, NARROWEST), WIDEST)
    console.print(_table(found, names, _Axis(found.origin, found.until, width)))
    for gap in found.gaps:
        console.print(Text(f"  ? {_whose(gap, names)}{GAPS[gap.kind]}", "yellow"), soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The time from `origin` to `until` (epoch seconds) on so many columns."""

    origin: float
    until: float
    width: int

    def column(self, at: float) -> int:
        """Return where a moment stands."""
        whole = self._scale(self.until) or 1.0
        return min(round(self._scale(at) / whole * (self.width - 1)), self.width - 1)

    def ticks(self) -> str:
        """Return the line that names seconds."""
        line, free = [" "] * self.width, 0
        for seconds, name in TICKS.items():
            at = self.column(self.origin + seconds)
            if self.origin + seconds <= self.until and free <= at < self.width - len(name):
                line[at : at + len(name) + 1] = f"|{name}"
                free = at + len(name) + 2
        return "".join(line)

    def bar(self, step: Step) -> Text:
        """Return a step's bar; one without an end reaches to the axis's."""
        start, end = self.column(step.began), self.column(step.ended or self.until)
        bar = ("░" if step.ended is None else "█") * max(end - start + 1, 1)
        colour = "red" if step.outcome in BAD else COLOURS.get(step.kind, "blue")
        return Text(" " * start).append(bar, colour)

    def _scale(self, at: float) -> float:
        return math.log10(1 + max(at - self.origin, 0.0) / FINEST_S)


def _table(found: Trace, names: Mapping[str, str], axis: _Axis) -> Table:
    """Draw a row per step: whose, what, how long after close and detection it ended, and when on the axis."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("quem\nwho", no_wrap=True)
    table.add_column("passo\nstep", max_width=34)
    table.add_column("da vela\nfrom close", justify="right", no_wrap=True)
    table.add_column("da detecção\nfrom detection", justify="right", no_wrap=True)
    table.add_column("\n" + axis.ticks(), no_wrap=True)
    detected, closed = found.alert["detected_at"], found.alert["candle_closed_at"]
    for one in found.steps:
        done = one.ended
        since = ["?" if done is None else _span(done - start) for start in (closed, detected)]
        if not found.live:
            since[0] = ""
        who = names.get(one.operator, one.operator)
        table.add_row(who, _what(one), *since, axis.bar(one))
    return table


def _what(step: Step) -> str:
    outcome = "" if step.kind == "receipt" else step.outcome
    detail = f"({step.detail})" if step.detail else ""
    over = f"! > {step.over_ms:.0f} ms" if step.over_ms else ""
    return " ".join(filter(None, (KINDS.get(step.kind, step.kind), outcome, detail, over)))


def _span(seconds: float) -> str:
    """Return a time as somebody reads it: 12 ms, 1,25 s, 4 min 10 s."""
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    if abs(seconds) < 60:
        return f"{seconds:.2f} s".replace(".", ",")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 600 else f"{minutes // 60} h"


def _whose(gap: Gap, names: Mapping[str, str]) -> str:
    return f"{names.get(gap.operator, gap.operator)}: " if gap.operator else ""
