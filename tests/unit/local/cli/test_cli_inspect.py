"""`pregao inspect` as a person runs it."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from local.cli.app import app
from local.cli.detect import detect
from local.cli.inspect import inspect
from local.cli.paths import CONFIG
from local.errors import HistoryError
from local.lab.candlefile.account import rows
from local.lab.history import read_for
from pregao.config.reader import load
from tests.candle_writers import FORMATS, mt5, raw, series

WIN = load(CONFIG).instrument_for("WIN")
DAY = series(WIN, date(2026, 3, 12), 1)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "velas.csv"
    path.write_bytes(raw(FORMATS["TradingView epoch"](DAY), "newest first"))
    return path


def test_json_is_what_machines_were_promised(file, capsys):
    inspect(file, "WIN$N", json_out=True)
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "format": "TradingView export",
        "candles": 113,
        "timeframe": "M5",
        "first_utc": "2026-03-12T12:00:00Z",
        "last_utc": "2026-03-12T21:20:00Z",
        "first": {name: float(getattr(DAY.candles, name)[0]) for name in ("open", "high", "low", "close")},
        "doubts": [],
    }


def test_everything_understood_is_shown(file):
    told = dict(rows(read_for(file, WIN)))
    assert told["relógio · clock"] == "UTC"
    assert told["no pregão · in session"] == "100.0%"
    assert told["ordem · order"] == "newest first"
    assert told["buracos · holes"] == "0"


def test_what_is_written_is_read_the_same(file, tmp_path, capsys):
    out = tmp_path / "lido.csv"
    inspect(file, "WIN$N", write=out)
    again = read_for(out, WIN)
    assert again.format == "MetaTrader 5 export"
    assert np.array_equal(again.candles.time, DAY.candles.time)
    assert np.array_equal(again.candles.close, DAY.candles.close)
    with pytest.raises(HistoryError, match="would overwrite the file"):
        inspect(out, "WIN$N", write=out)
    assert "velas · candles" in capsys.readouterr().out


def test_every_command_that_reads_a_file_has_the_options(file):
    for word in ("inspect", "detect", "explain", "backtest", "tune", "replay", "run"):
        told = CliRunner(env={"COLUMNS": "200"}).invoke(app([word]), [word, "--help"]).output
        assert all(option in told for option in ("--dates", "--clock", "--stamps", "--decimal", "--sheet")), (
            word
        )


def test_a_file_that_is_read_is_told_in_one_line(file, capsys):
    detect(file, "WIN$N")
    err = capsys.readouterr().err
    assert "· velas.csv: TradingView export; 113 velas · candles M5; 2026-03-12 09:00" in err


def test_longer_candles_are_read_and_not_judged(tmp_path, capsys):
    path = tmp_path / "h4.csv"
    path.write_bytes(raw(mt5(series(WIN, date(2026, 3, 9), 10, 14_400))))
    inspect(path, "WIN$N", json_out=True)
    assert json.loads(capsys.readouterr().out)["timeframe"] == "H4"
    with pytest.raises(HistoryError, match="H4 candles are read"):
        detect(path, "WIN$N")
