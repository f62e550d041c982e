"""The page of a backtest: complete in itself, and of the judgement it is given."""

from __future__ import annotations

import json
import re
from datetime import date

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource

from local.lab.judged import judge_histories
from local.lab.market import PER_SESSION, synthesize
from local.lab.report.page import Facts, render
from pregao.config.backtest import BacktestConfig
from pregao.domain.backtest.rules import Costs
from pregao.domain.detectors.settings import DetectorSettings
from tests.unit.domain.detectors.market import SETTINGS, WIN

COST = 7.5
MARKET = synthesize(3, 30, date(2026, 3, 2)).candles


def facts(**changes):
    named = {"symbol": "WIN$N", "files": ("velas.csv",), "timeframe": "M5", "config_digest": "d" * 64}
    return Facts(**{**named, **changes})


def judged(*histories, settings=SETTINGS, split=None):
    rules = BacktestConfig(costs={"WIN": Costs(fees=COST * WIN.point_value)})
    return judge_histories(histories, WIN, settings, rules, split)


@pytest.fixture(scope="module")
def whole():
    return judged(MARKET, split=date(2026, 3, 20))


@pytest.fixture(scope="module")
def page(whole):
    return render(whole, facts())


def columns(page, *names):
    """The columns of the one source of the page's figures that has these."""
    literal = re.search(r"const docs_json = '(.*?)';\n", page, flags=re.DOTALL)[1]
    (document,) = json.loads(re.sub(r"\\(['\\])", r"\1", literal)).values()
    sources = Document.from_json(document).select({"type": ColumnDataSource})
    (found,) = [one.data for one in sources if set(names) <= set(one.data)]
    return found


def text_of(page):
    """What a reader sees, figures aside."""
    unseen = r"<script.*?</script>|<style.*?</style>|<[^>]+>"
    return " ".join(re.sub(unseen, " ", page, flags=re.DOTALL).split())


def test_it_loads_nothing(page):
    outside = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)  # Bokeh itself
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=|@import|url\(", outside)
    assert "Bokeh" in page


def test_it_says_the_verdict_in_words_and_numbers(page, whole):
    text = text_of(page)
    assert "Backtest WIN$N M5: reprovado" in text
    for gate in whole.gates:
        low, high = (f"{100 * end:.0f}" for end in gate.share.interval)
        assert f"{100 * gate.share.value:.1f} % ✗ não passa".replace(".", ",") in text
        assert f"{low} - {high}, n {gate.share.whole}; limite" in text
    assert "fora da amostra" in text
    assert f"{whole.equity.plain()['r']:+.2f} R".replace(".", ",") in text
    assert "02/03/2026 a 10/04/2026" in text


def test_every_share_stands_beside_its_baseline():
    said = judged(synthesize(3, 45, date(2026, 3, 2)).candles)
    text = text_of(render(said, facts(language="en")))
    for gate in said.gates:
        share = gate.share
        low, high = (f"{100 * end:+.1f}" for end in share.lift_interval)
        assert f"base {100 * share.baseline:.1f} %, {100 * share.lift:+.1f} ({low} {high})" in text
    assert f"{said.score.expectancy.r:+.3f} R" in text
    covered, told = said.size.coverage
    assert f"all {100 * covered / told:.1f} % {told}" in text


@pytest.mark.parametrize(
    ("language", "there", "not_there"),
    [("pt-BR", "falsos positivos", "false positives"), ("en", "false positives", "falsos positivos")],
)
def test_it_speaks_one_language_at_a_time(whole, language, there, not_there):
    page = render(whole, facts(language=language))
    own = page[: page.index("<script>")] + page[page.index("<body>") :]  # without Bokeh's code
    assert f'<html lang="{language}">' in page
    assert there in own
    assert not_there not in own
    assert " · " not in text_of(page).replace("Pregão · backtest", "")


def test_every_alert_stands_on_its_candle(page, whole):
    drawn, trades = columns(page, "exit_x"), whole.parts[0].trades
    assert drawn["x"].tolist() == trades.row.tolist()
    assert drawn["target"].tolist() == trades.target.tolist()
    assert drawn["stop"].tolist() == trades.stop.tolist()
    long = [marker == "triangle" for marker in drawn["marker"]]
    assert long == (trades.side > 0).tolist()
    beyond = np.where(long, MARKET.low[trades.row] - drawn["y"], drawn["y"] - MARKET.high[trades.row])
    assert (beyond > 0).all()
    assert sum(drawn["r"]) == pytest.approx(whole.equity.r[-1])


def test_every_candle_is_there_with_the_exchange_s_clock(page):
    drawn = columns(page, "wall")
    assert drawn["wall"].tolist() == (MARKET.time - 3 * 3600).tolist()
    assert drawn["close"].tolist() == MARKET.close.tolist()


def test_files_are_joined_without_the_time_between_them():
    both = judged(MARKET[:1500], MARKET[1600:])
    drawn = columns(render(both, facts()), "exit_x")
    rows = [part.trades.row + offset for part, offset in zip(both.parts, (0, 1500), strict=True)]
    assert drawn["x"].tolist() == np.concatenate(rows).tolist()
    assert sum(drawn["r"]) == pytest.approx(both.equity.r[-1])


@pytest.mark.parametrize(
    "histories",
    [(MARKET[:PER_SESSION],), (MARKET[:260],), (MARKET[:0], MARKET[:400])],
    ids=["shorter than the warm-up", "hardly longer", "nothing left of the first file"],
)
def test_what_is_too_short_comes_out_and_says_so(histories):
    page = render(judged(*histories), facts())
    assert bool(len(columns(page, "exit_x")["x"])) is ("não há o que julgar" not in page)


def test_without_alerts_it_comes_out_and_says_so():
    off = {
        name: type(getattr(SETTINGS, name))(enabled=False)
        for name in ("volatility_extreme", "engulfing", "rsi_divergence", "level_break")
    }
    page = render(judged(MARKET, settings=DetectorSettings(**off)), facts())
    assert "Nenhum alerta neste período" in page
    assert "0 cases" not in page


def test_names_are_escaped():
    page = render(judged(MARKET[:400]), facts(files=("<b>&.csv",), symbol="<i>"))
    assert "&lt;b&gt;&amp;.csv" in page
    assert "<i>" not in page.split("<body>")[1].split("<script")[0]
