"""`pregao audit shown | alert | unanswered | …`: the officer's questions, each a word of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from local.cli.audit_query import query
from local.cli.shared.answer import Form
from local.cli.shared.audit_options import MAP, ConfigDir, FirstDay, LastDay, OneDay, State, Which, Whose
from local.cli.shared.options import Folder, Stack
from pregao.domain.audit.named_queries import named_query

QUESTIONS = (
    "shown",
    "unanswered",
    "unreached",
    "suppressed",
    "silences",
    "outcomes",
    "decisions",
    "latency",
    "accesses",
)
"""Those that ask for nothing but days, an operator and an instrument."""
FormOption = Annotated[Form, typer.Option("--format", help="table, csv ou · or json")]


def add_to(app: typer.Typer) -> None:
    """Add a word for each question."""
    app.command()(alert)
    for name in QUESTIONS:
        _add(app, name)


def alert(
    alert_id: Annotated[
        str, typer.Argument(metavar="ALERT", help="id do alerta, ou seu começo · the id or its beginning")
    ],
    operator: Whose = "",
    day: OneDay = None,
    first: FirstDay = None,
    last: LastDay = None,
    folder: Folder = None,
    stack: Stack = None,
    form: FormOption = Form.TABLE,
    config_dir: ConfigDir = MAP,
) -> None:
    """Tudo sobre um alerta, na ordem · everything about one alert as it happened."""
    query(
        "alert",
        alert=alert_id,
        operator=operator,
        day=day,
        first=first,
        last=last,
        folder=folder,
        stack=stack,
        form=form,
        text=False,
        config_dir=config_dir,
    )


def _add(app: typer.Typer, name: str) -> None:
    def ask(
        operator: Whose = "",
        instrument: Which = "",
        state: State = "",
        day: OneDay = None,
        first: FirstDay = None,
        last: LastDay = None,
        folder: Folder = None,
        stack: Stack = None,
        form: FormOption = Form.TABLE,
        config_dir: ConfigDir = MAP,
    ) -> None:
        query(
            name,
            operator=operator,
            instrument=instrument,
            state=state,
            day=day,
            first=first,
            last=last,
            folder=folder,
            stack=stack,
            form=form,
            text=False,
            config_dir=config_dir,
        )

    told = named_query(name)
    app.command(name, help=f"{told.pt.rstrip('.')} · {told.en}")(ask)
