"""`pregao`: the words and where they live."""

from __future__ import annotations

import sys

import typer

from local.cli import backtest, config, detect, explain, listen, market, replay, run, token, tune, up
from local.cli.errors import EXPECTED, tell

app = typer.Typer(
    name="pregao",
    help="Pregão: candles in, alerts on the desk's screens. Every word has --help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("run")(run.run)
app.command("replay")(replay.replay)
app.command("listen")(listen.listen)
app.command("detect")(detect.detect)
app.command("backtest")(backtest.backtest)
app.command("explain")(explain.explain_candle)
app.command("tune")(tune.tune)
app.command("token")(token.token)
app.command("sample")(market.sample)
config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
config_app.command("check")(config.check)
app.add_typer(config_app, name="config")


def main() -> None:
    """Run the command; an error people can mend is one line on stderr and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except EXPECTED as error:
        sys.exit(tell(error))
