"""`pregao ledger`: what rang, for whom, and what became of it, over the sessions that are over."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.moments import a_day
from local.cli.shared.options import Stack
from pregao.domain.calibration.account import account
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pregao.aws.tables.market.scores_book import ScoresBook
    from pregao.config.loaded import Config
    from pregao.domain.calibration.account import Account, Line
    from pregao.domain.delivery.attention import Preview
    from pregao.flow.ports.calibration import KeptScores, LedgerReader

SPAN = timedelta(30)
WIDTH = 110
"""Of the widest table; no column is cut."""
RESULTS = ("target", "stop", "expired", "missed", "came", "did_not")


def ledger(
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=a_day, metavar="DATE", help="primeiro pregão · the first session"),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", parser=a_day, metavar="DATE", help="último · the last")
    ] = None,
    instrument: Annotated[str | None, typer.Option(help="só este ativo · this one alone: WIN")] = None,
    budget: Annotated[
        int | None,
        typer.Option(min=0, help="outro orçamento de toques · another budget of rings, previewed"),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="grava uma página · write a page")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")] = False,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    stack: Stack = None,
) -> None:
    """Mostra o que tocou e o que deu · shows what rang, for whom, and what became of it.

    Por padrão, hora e operador: tocados, listados, vistos, decididos, resultados, média em R; a chance dita
    ao lado da que saiu; quanto a faixa esperada valeu; toques por pregão. Um pregão entra quando foi fechado,
    por functions/calibrate ou `pregao calibrate`. Sem dias, os últimos 30 que houver. Código 0; 1 quando não
    há nenhum pregão desses dias; 2 quando nada está de pé.

    Per pattern, hour and operator: rung, listed, seen, decided, outcomes and the mean result in R; what was
    said of chances beside what they got; how often the expected range held; rings per session. A session is
    in it when it has been closed, by functions/calibrate or `pregao calibrate`. Without days the last 30 days
    that there are. With --budget 10 also what ten rings per session would have rung for each operator, each
    session by the scores of those before it. Exit code 0; 1 when no session of these days is there; 2 when no
    stack runs.
    """
    from pregao.config.reader import load
    from pregao.wire.ledger_v1 import account_plain

    config, (book, scores) = load(config_dir), _books(stack)
    first, last = since.date() if since else date.min, until.date() if until else date.max
    if first > last:
        raise typer.BadParameter(f"{first} é depois de · is after {last}", param_hint="--from")
    found = [one for one in book.between(first, last) if instrument in (None, one.instrument)]
    if since is None:
        found = [one for one in found if one.session > found[-1].session - SPAN]
    made = account(found)
    previews = {} if budget is None else _previews(config, scores.every(first, last), budget)
    named = {one.audit_id: one.id for one in config.operators}
    if html:
        from local.lab.report.ledger import page  # it imports a template engine

        html.write_text(page(made, named), encoding="utf-8")
    if json_out:
        told = {name: _preview_plain(one) for name, one in previews.items()}
        typer.echo(json.dumps(account_plain(made, named) | ({"preview": told} if previews else {})))
    else:
        _tell(made, named)
        _tell_previews(previews)
    if not found:
        between = "".join([f" de · from {first}" if since else "", f" até · to {last}" if until else ""])
        typer.echo(
            f"· nenhum pregão fechado · no session closed{between}; veja · see: pregao calibrate",
            err=True,
        )
        raise typer.Exit(1)


def _books(stack: str | None) -> tuple[LedgerReader, ScoresBook]:
    from local.stack.deployed import deployed
    from pregao.aws.tables.market.outcome_book import LedgerBook
    from pregao.aws.tables.market.scores_book import ScoresBook

    there = deployed(stack, STATE)
    dynamo, state = there.client("dynamodb"), there.outputs["AdmissionTable"]
    return LedgerBook(dynamo, state), ScoresBook(dynamo, state)


def _previews(config: Config, kept: Sequence[KeptScores], budget: int) -> dict[str, Preview]:
    """Return by operator what another budget would have rung."""
    from pregao.domain.delivery.attention import preview
    from pregao.flow.steps.sessions.thresholds import feed_scores

    feeds = [one for one in (feed_scores(some, config) for some in kept) if one is not None]
    return {one.id: preview(feeds, one.operator(), budget) for one in config.operators}


def _preview_plain(one: Preview) -> dict[str, Any]:
    sessions = [asdict(it) | {"session": it.session.isoformat()} for it in one.sessions]
    return {"budget": one.budget, "mean": one.mean, "sessions": sessions}


def _tell_previews(previews: Mapping[str, Preview]) -> None:
    for name, one in previews.items():
        said = "poucos pregões · too few sessions"
        if one.mean is not None:
            most = max(it.rings for it in one.sessions)
            said = f"{one.mean:.1f} toques por pregão · rings per session (max {most}, n {len(one.sessions)})"
        typer.echo(f"{name}, --budget {one.budget}: {said}")


def _tell(made: Account, named: dict[str, str]) -> None:
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    if not made.sessions:
        return
    console.print(f"{counted(len(made.sessions), 'session')}, {made.sessions[0]} - {made.sessions[-1]}")
    for title, lines in (
        ("padrão\npattern", made.patterns),
        ("hora\nhour", made.hours),
        ("operador\noperator", made.operators),
    ):
        console.print(_lines(title, lines, named))
    _tell_reliability(console, made)
    if made.told:
        share = f"{made.covered / made.told:.0%}"
        console.print(f"amplitude esperada · expected range: {made.covered}/{made.told} = {share}")
    for one in made.rings:
        who = named.get(one.operator, one.operator)
        console.print(
            f"{who}: {one.mean} toques por pregão · rings per session, no máximo · at most {one.most}"
        )
    if made.differences:
        causes = ", ".join(f"{cause} {count}" for cause, count in made.differences.items())
        console.print(f"diferenças de uma varredura · differences from a scan: {causes}")


def _lines(title: str, lines: Sequence[Line], named: dict[str, str]) -> Table:
    shown = [one for one in RESULTS if any(one in line.results for line in lines)]
    heads = ("alertas\nalerts", "tocou\nrung", "listado\nlisted", "visto\nseen", "decidido\ndecided")
    table = Table(title, *heads, *shown, "R", box=None, padding=(0, 2, 0, 0))
    for line in lines:
        counts = (line.alerts, line.rung, line.listed, line.seen, line.decided)
        results = [str(line.results.get(one, 0)) for one in shown]
        mean = "-" if line.r is None else f"{line.r:+.2f}"
        table.add_row(named.get(line.name, line.name), *map(str, counts), *results, mean)
    return table


def _tell_reliability(console: Console, made: Account) -> None:
    told = made.reliability
    if not told.fifths:
        console.print("chance: nada medido ainda · nothing measured yet")
        return
    table = Table("chance dita\nsaid", "obtida\ngot", "n", "obtida - dita\ngot - said, 95 %")
    for one in told.fifths:
        ends = "-" if one.low is None or one.high is None else f"{one.low:+.1%} {one.high:+.1%}"
        table.add_row(f"{one.said:.1%}", f"{one.got:.1%}", str(one.cases), ends)
    console.print(table)
    console.print(f"Brier {told.brier}, base · baseline {told.brier_baseline}")
