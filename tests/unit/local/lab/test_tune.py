"""`pregao tune`: swept in sample, confirmed out of it, written as configuration."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from local.cli.app import main
from local.errors import GridError
from local.lab import frontier
from local.lab import yaml_patch as edited
from local.lab.frontier import Point, Sweep, corrected, grid, pareto, sweep
from local.lab.market import TIMEZONE
from local.lab.mt5file import write_mt5
from pregao.config.reader import ConfigError, load
from pregao.domain.backtest.rules import Costs, Gates, Rules, Truth
from tests.unit.domain.detectors.market import ROOT, walk
from tests.unit.local.lab.test_judged import stairs

CONFIG = ROOT / "config"
BLUEPRINT = ["volatility_extreme.trade=reversal", "level_break.lookback=20", "level_break.buffer_atr=0"]
GRID = ["detectors.level_break.lookback=10,20,40", "detectors.volatility_extreme.trade=reversal,continuation"]


RULES = Rules(truth=Truth(), gates=Gates(), costs=Costs(), cost_points=7.5, point_value=0.2)


def point(capture, right, wins, net_r=(0.1, 0.1), taken=(5, 5)):
    shares = [(part, 10) for part in (capture, right, wins)]
    return Point((str((capture, right, wins)),), *shares, net_r, taken)


class TestGrid:
    def test_is_every_choice(self):
        points = grid(["detectors.b=1, 2,2", "detectors.c=x"])
        assert points == [("detectors.b=1", "detectors.c=x"), ("detectors.b=2", "detectors.c=x")]

    @pytest.mark.parametrize("spec", ["a.b", "a.b=", "=1", "a=,"])
    def test_what_is_no_axis_is_refused(self, spec):
        with pytest.raises(GridError, match="write path=value,value"):
            grid([spec])

    def test_one_that_nobody_could_wait_for_is_refused(self):
        axis = ",".join(map(str, range(200)))
        with pytest.raises(GridError, match="40000 points"):
            grid([f"detectors.a={axis}", f"detectors.b={axis}"])

    @pytest.mark.parametrize(
        "path",
        ["detectors.level_break.levels.target_atr", "instruments.WIN.detectors.engulfing.levels.stop_atr"],
    )
    def test_stops_and_targets_are_not_swept(self, path):
        """A near target and a far stop win often and are worth nothing."""
        with pytest.raises(GridError, match="trade the win rate against its worth"):
            grid([f"{path}=0.3,0.5"])

    @pytest.mark.parametrize("path", ["instruments.WIN.point_value", "admission.rate_window_s", "lookback"])
    def test_what_is_no_detector_is_not_swept(self, path):
        with pytest.raises(GridError, match="only detectors are swept"):
            grid([f"{path}=1,2"])


class TestFrontier:
    def test_holds_what_nobody_beats(self):
        best, other, worse, same = point(5, 7, 5), point(4, 8, 5), point(4, 7, 5), point(5, 7, 5)
        nothing = Point((), *[(0, 0)] * 3, (0.0, 0.0), (0, 0))
        assert pareto([nothing, worse, other, best, same]) == [best, other]

    def test_shortfall_is_what_is_missing_to_the_gates(self):
        gates = Gates(capture=0.8, false_positives=0.1, win_rate=0.6)
        assert point(5, 8, 6).shortfall(gates) == pytest.approx(0.3 + 0.1)
        assert point(10, 10, 10).shortfall(gates) == 0


class TestCorrected:
    """White's reality check: how lucky the best of so many trials may have been."""

    @staticmethod
    def drawn(dice, mean, sessions=120, alerts=8):
        results = mean * alerts + alerts**0.5 * dice.standard_normal(sessions)
        return point(5, 5, 5, tuple(results.tolist()), (alerts,) * sessions)

    def test_what_is_truly_good_stays_so_among_many(self):
        dice = np.random.default_rng(1)
        points = [self.drawn(dice, 0.0) for _ in range(60)]
        good = self.drawn(dice, 0.25)
        assert corrected([*points, good], good) < 0.01

    def test_the_best_of_many_without_worth_is_luck(self):
        """Alone it would look good one time in sixty; as the best of sixty it does not, most of the time."""
        dice, alone, together = np.random.default_rng(2), [], []
        for _ in range(20):
            points = [self.drawn(dice, 0.0) for _ in range(60)]
            best = max(points, key=lambda one: one.expectancy)
            alone.append(corrected([best], best))
            together.append(corrected(points, best))
        assert np.mean(np.array(alone) < 0.05) > 0.7
        assert np.mean(np.array(together) < 0.05) < 0.2

    def test_a_point_without_alerts_is_no_evidence(self):
        nothing = Point((), *[(0, 0)] * 3, (0.0, 0.0), (0, 0))
        assert corrected([nothing, point(5, 5, 5)], nothing) == 1.0


@pytest.mark.parametrize("start_s", [0.0, 60.0], ids=["workers", "here"])
def test_a_sweep_is_every_point_judged_in_its_order(monkeypatch, start_s):
    """In parallel as one by one; progress is told of each."""
    monkeypatch.setattr(frontier, "WORKERS_S", start_s)
    work, told = Sweep((walk(1, count=2000), walk(2, count=2000)), "WIN", CONFIG, RULES), []
    points = grid(GRID)
    assert sweep(work, points, lambda: told.append(1)) == [work.judge(one) for one in points]
    assert len(told) == len(points) == 6


@pytest.mark.parametrize("start_s", [0.0, 60.0], ids=["workers", "here"])
def test_a_choice_that_the_configuration_refuses_ends_the_sweep(monkeypatch, start_s):
    monkeypatch.setattr(frontier, "WORKERS_S", start_s)
    work = Sweep((walk(1, count=600),), "WIN", CONFIG, RULES)
    with pytest.raises(ConfigError, match="lookback"):
        sweep(work, grid(["detectors.level_break.lookback=20,0"]))


@pytest.mark.parametrize(
    "choices",
    [
        ("detectors.warmup=400", "detectors.level_break.lookback=300"),  # refused without the other
        ("detectors.engulfing.enabled=false", "detectors.engulfing.min_body_atr=2"),
        ("detectors.level_break.lookback=30", "instruments.WIN.detectors.level_break.lookback=40"),
        ("instruments.WIN.detectors.level_break.lookback=40", "detectors.level_break.lookback=30"),
    ],
)
def test_choices_put_together_are_what_the_configuration_reads(choices):
    work = Sweep((), "WIN", CONFIG, RULES)
    assert work.settings(choices) == load(CONFIG, choices).detectors_for("WIN")


def test_choices_that_are_refused_together_are_refused():
    work = Sweep((), "WIN", CONFIG, RULES)
    with pytest.raises(ConfigError, match="the warm-up is 240"):
        work.settings(("detectors.warmup=240", "detectors.level_break.lookback=245"))


class TestEdited:
    def test_only_the_values_change(self, tmp_path):
        """Comments and flow mappings stay; what is read back is what was asked for."""
        target = tmp_path / "alertas.yaml"
        changes = ["detectors.level_break.lookback=40", "detectors.engulfing.levels.stop_atr=2.5"]
        edited.write(CONFIG / "alertas.yaml", target, changes)
        for name in ("calendar.yaml", "operators.yaml"):
            shutil.copy(CONFIG / name, tmp_path / name)
        assert load(tmp_path).digest == load(CONFIG, changes).digest
        before = (CONFIG / "alertas.yaml").read_text().splitlines()
        after = target.read_text().splitlines()
        changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
        assert [other for _, other in changed] == [
            changed[0][0].replace("stop_atr: 1.5", "stop_atr: 2.5"),
            changed[1][0].replace("lookback: 60", "lookback: 40"),
        ]

    def test_a_key_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(GridError, match="add the key there"):
            edited.write(CONFIG / "alertas.yaml", tmp_path / "x.yaml", ["detectors.level_break.colour=1"])


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def command(market, *words):
        write_mt5(market, tmp_path / "candles.csv", TIMEZONE)
        argv = ["pregao", "tune", str(tmp_path / "candles.csv"), "--symbol", "WIN", *map(str, words)]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code, " ".join(told.out.split()), " ".join(told.err.split())

    return command


def test_a_point_that_passes_out_of_sample_is_written(run, tmp_path):
    """On the market built for breaks, that the others are off is found, confirmed and kept."""
    names = ("volatility_extreme", "rsi_divergence")
    axes = [word for name in names for word in ("--grid", f"detectors.{name}.enabled=true,false")]
    axes += [word for one in BLUEPRINT for word in ("--grid", f"detectors.{one}")]
    out = tmp_path / "tuned.yaml"
    code, told, _ = run(stairs(1, sessions=120), "--split", "2026-04-06", *axes, "--out", out)
    assert code == 0, told
    chosen = told.partition("chosen: ")[2]
    assert all(f"detectors.{name}.enabled=false" in chosen for name in names)
    assert out.read_text().partition("\ninstruments:")[0].count("enabled: false") == 2


def test_when_no_point_meets_the_gates_it_says_so(run):
    code, told, _ = run(walk(1, count=3000), "--split", "2026-01-22", "--grid", GRID[0])
    assert code == 1
    assert "no point meets the gates in sample" in told
    assert "luck of the best of 3" in told


def test_what_comes_after_the_split_decides_nothing(run):
    market = walk(1, count=3000)
    later = market.time >= market.time[1500]
    other = walk(9, count=3000)
    mixed = {name: getattr(market, name).copy() for name in ("open", "high", "low", "close")}
    for name, column in mixed.items():
        column[later] = getattr(other, name)[later]
    words = ["--split", "2026-01-20", "--grid", GRID[0], "--grid", GRID[1]]
    (_, one, _), (_, two, _) = run(market, *words), run(replace(market, **mixed), *words)
    assert one.partition("chosen")[0] == two.partition("chosen")[0]
    assert one != two


@pytest.mark.parametrize("objective", ["gates", "win_rate"])
def test_a_win_rate_cannot_be_bought(run, objective):
    axis = ["--grid", "detectors.level_break.levels.target_atr=0.3,0.5", "--objective", objective]
    code, _, err = run(walk(1, count=600), "--split", "2026-01-08", *axis)
    assert code == 2
    assert "stops and targets are not swept" in err


def test_what_cannot_be_is_refused(run):
    code, _, err = run(walk(1, count=600), "--split", "2026-01-08", "--grid", "lookback")
    assert code == 2
    assert "write path=value,value" in err
