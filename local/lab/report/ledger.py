"""The ledger as one page: the tables, and the chances that were said against what they got."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.lab.report.style import BLUE, FAINT, GREY, GROUND, PANEL, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pregao.domain.calibration.account import Account

COLOURS = {"blue": BLUE, "grey": GREY, "faint": FAINT, "ground": GROUND, "panel": PANEL, "text": TEXT}


def page(made: Account, named: Mapping[str, str]) -> str:
    """Return the page; `named` gives operators' names by audit id."""
    folder = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=folder, autoescape=True, undefined=StrictUndefined).get_template(
        "ledger.html.j2"
    )
    tables = (
        ("Padrão · pattern", made.patterns),
        ("Hora · hour", made.hours),
        ("Operador · operator", made.operators),
    )
    results = sorted({name for _, lines in tables for line in lines for name in line.results})
    return template.render(account=made, tables=tables, results=results, named=named, colours=COLOURS)
