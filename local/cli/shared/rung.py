"""For whom an alert rang, as `pregao explain --alert` tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.console import Console

from local.ops.rung import Answer, Case, Record, answers
from local.ops.trace import judgement_of
from pregao.domain.delivery.operators import Operator
from pregao.domain.text.email import headline, listed_line
from pregao.domain.text.times import ZoneOf, day_and_minute
from pregao.domain.text.words import word
from pregao.wire.alert_v1 import load_recorded_alert

CASES = {
    Case.REFUSED: "não foi admitido, não tocou para ninguém · not admitted, it rang nobody ({})",
    Case.NOT_WANTED: "ativo, padrão ou severidade fora do que este operador recebe (operators.yaml)"
    " · instrument, pattern or severity are not theirs",
    Case.NO_RECORD: "sem registro da entrega · no delivery on record; veja · see `pregao trace`",
}


def tell_rung(
    records: Sequence[Sequence[Record]], desk: Sequence[Operator], zone_of: ZoneOf, json_out: bool
) -> None:
    """Tell for each operator whether an alert rang, and why."""
    judged = judgement_of(records[0])
    alert = load_recorded_alert(judged["alert"])
    found = answers(alert, judged, records[1], desk)
    if json_out:
        typer.echo(json.dumps({"alert": alert.id, "operators": [one.plain() for one in found]}))
        return
    console = Console(highlight=False)
    closed = day_and_minute(alert.candle_closed_at, zone_of(alert.instrument))
    console.print(f"{closed} {headline(alert, 'pt-BR')}", style="bold", soft_wrap=True)
    for one in found:
        mark = "●" if one.case is Case.RUNG else "○"
        console.print(f"{mark} {one.operator}: {_rung_words(one)}", soft_wrap=True)


def _rung_words(one: Answer) -> str:
    decided = one.attention
    if decided is None:
        return CASES[one.case].format(one.verdict)
    if decided.listed:
        return " · ".join(listed_line(decided, language) for language in ("pt-BR", "en"))
    return " · ".join(
        f"{word('rung', language)}: {word(decided.why, language)}" for language in ("pt-BR", "en")
    )
