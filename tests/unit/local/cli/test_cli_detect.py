"""`pregao detect` and `pregao config check` as a person runs them."""

from __future__ import annotations

import json
from datetime import date

import pytest
import typer

from local.cli.config import check, ending
from local.cli.detect import detect
from local.cli.paths import CONFIG
from local.lab.mt5file import write_mt5
from pregao.config.loaded import UnknownSymbol
from pregao.config.reader import ConfigError, load
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import walk


@pytest.fixture
def export(tmp_path):
    """Write a walk in MetaTrader 5's own format."""

    def write(count):
        path = tmp_path / "candles.csv"
        write_mt5(walk(3, count=count), path, "America/Sao_Paulo")
        return path

    return write


def test_one_json_line_per_signal_and_a_summary_beside_it(export, capsys):
    detect(export(600), "WIN$N")
    told = capsys.readouterr()
    signals = [json.loads(line) for line in told.out.splitlines()]
    assert signals
    names = ["time", "pattern", "direction", "price", "reason", "chance", "unmeasured", "outlook"]
    assert all(list(signal) == names for signal in signals)
    for signal in signals:  # six sessions tell too little
        assert (signal["chance"], signal["outlook"]) == (None, None)
        assert signal["unmeasured"] == {"chance": "few_sessions"}
    assert "level_break" in told.err


def test_signals_alone_are_the_same_signals(tmp_path, capsys):
    write_mt5(lively(5, 40), tmp_path / "candles.csv", "America/Sao_Paulo")
    detect(tmp_path / "candles.csv", "WIN$N")
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    detect(tmp_path / "candles.csv", "WIN$N", plain=True)
    told = capsys.readouterr()
    names = ("time", "pattern", "direction", "price", "reason")
    sided = [{name: one[name] for name in names} for one in every if one["pattern"] != "unusual_range"]
    assert [json.loads(line) for line in told.out.splitlines()] == sided
    assert "unusual_range" not in told.err


def test_an_unusual_range_has_no_side_and_each_line_its_outlook(tmp_path, capsys):
    write_mt5(lively(5, 40), tmp_path / "candles.csv", "America/Sao_Paulo")
    detect(tmp_path / "candles.csv", "WIN$N")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    unusual = [line for line in lines if line["pattern"] == "unusual_range"]
    assert unusual
    assert {line["direction"] for line in unusual} == {"none"}
    assert all(line["reason"]["heat"] >= 2 for line in unusual)
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    told = [line["outlook"] for line in lines if line["outlook"]]
    assert told
    assert all(list(one) == ["horizon", "low", "high", "usual", "level", "expected"] for one in told)
    assert all(0 < one["low"] < one["high"] and one["horizon"] == 12 for one in told)


def test_overrides_and_a_file_to_write_to(export, tmp_path, capsys):
    out = tmp_path / "signals.jsonl"
    off = [f"detectors.{name}.enabled=false" for name in ("engulfing", "rsi_divergence", "level_break")]
    detect(export(600), "WIN$N", overrides=off, json_out=str(out))
    patterns = {json.loads(line)["pattern"] for line in out.read_text(encoding="utf-8").splitlines()}
    assert patterns == {"volatility_extreme"}
    assert capsys.readouterr().out == ""


def test_a_short_file_says_so_and_gives_no_line(export, capsys):
    detect(export(100), "WIN$N")
    told = capsys.readouterr()
    assert told.out == ""
    assert "100 velas · candles; o aquecimento pede · the warm-up needs 250" in told.err


def test_mistakes_are_refused(export, tmp_path):
    with pytest.raises(UnknownSymbol):
        detect(export(10), "PETR9")
    with pytest.raises(ConfigError, match="min_body_atr"):
        detect(export(10), "WIN", overrides=["detectors.engulfing.min_body=1"])
    with pytest.raises(typer.BadParameter, match="No such file"):
        detect(export(10), "WIN", json_out=str(tmp_path / "none" / "x"))
    with pytest.raises(ConfigError, match="cannot be read"):
        check(tmp_path)


def test_config_check_prints_digest_and_summary(capsys):
    check()
    out = capsys.readouterr().out
    assert "WIN, IND, WDO, DOL, BIT, EURUSD" in out
    assert "ana, bruno" in out


@pytest.mark.parametrize(("today", "told"), [("2028-10-01", 0), ("2028-11-15", 2), ("2029-02-01", 2)])
def test_a_calendar_that_ends_soon_is_mentioned(today, told):
    lines = ending(load(CONFIG), date.fromisoformat(today))
    assert len(lines) == told
    assert all("known until 2028-12-31; add the next year" in line for line in lines)
