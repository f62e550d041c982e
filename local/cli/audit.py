"""`pregao audit`: the audit asked, exported, verified, proved, derived again."""

from __future__ import annotations

import typer

from local.cli.audit_query import check, export, query
from local.cli.audit_questions import add_to
from local.cli.audit_verify import prove, public_key, rederive, verify

app = typer.Typer(
    help="Auditoria · the audit: ask, export, verify, prove, derive again.", no_args_is_help=True
)
add_to(app)
app.command()(query)
app.command()(export)
app.command()(check)
app.command()(verify)
app.command("key")(public_key)
app.command()(prove)
app.command()(rederive)
