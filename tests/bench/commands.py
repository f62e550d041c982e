"""What a person waits for at the command line: CPU time of fresh processes, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from local.cli.app import WORDS
from local.lab.market import PER_SESSION, synthesize
from local.lab.mt5file import write_mt5
from tests.bench.noise import Timing
from tests.cloud import ROOT

TURNS = 5
CANDLES = 45_000
HELP_S = 0.3
PREGAO = ["-c", "from local.cli.app import main; main()"]
"""What the installed script does."""
LABELS = {"pass": "`python -c pass`", "numpy": "numpy's import"}
Words = tuple[str, ...]


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· the command line\n")
    path, at = _file(work)
    win = ("--symbol", "WIN$N")
    asked: dict[str, tuple[list[str], float | None]] = {
        "pass": (["-c", "pass"], None),
        "numpy": (["-c", "import numpy"], None),
        "`pregao --help`": ([*PREGAO, "--help"], HELP_S),
        **{f"`{word} --help`": ([*PREGAO, word, "--help"], HELP_S) for word in WORDS},
        f"`explain` in {CANDLES:,} candles": ([*PREGAO, "explain", path, *win, "--at", at], 0.6),
        f"`detect --plain` of {CANDLES:,} candles": (
            [*PREGAO, "detect", path, *win, "--plain", "--json", os.devnull],
            0.7,
        ),
        f"`detect` of {CANDLES:,} candles": ([*PREGAO, "detect", path, *win, "--json", os.devnull], 1.5),
        f"`backtest` of {CANDLES:,} candles": ([*PREGAO, "backtest", path, *win], 1.0),
    }
    took = _in_turns({name: command for name, (command, _) in asked.items()})
    return section(took, {name: goal for name, (_, goal) in asked.items() if goal is not None})


def section(took: dict[str, Timing], goals: dict[str, float]) -> list[str]:
    """Return the section's lines: of the words' helps the dearest alone."""
    helps = [name for name in goals if name.endswith("--help`") and name != "`pregao --help`"]
    dearest = max(helps, key=lambda name: took[name].median)
    rows = [
        f"| {_label(name, dearest)} | {one.spread(1)} | {one.median / took['numpy'].median:.2f}"
        f" | {goals.get(name, '')} |"
        for name, one in took.items()
        if name not in helps or name == dearest
    ]
    return [
        "## The command line",
        "",
        f"CPU time of fresh processes, {TURNS} each, in turns, bytecode written; the synthetic market.",
        "",
        "| command | s | times numpy's import | goal, s |",
        "|---|---|---|---|",
        *rows,
        "",
        *_over(took, goals),
    ]


def _label(name: str, dearest: str) -> str:
    return LABELS.get(name, name) + (" (the dearest word)" if name == dearest else "")


def _over(took: dict[str, Timing], goals: dict[str, float]) -> list[str]:
    over = [name for name, goal in goals.items() if took[name].median > goal]
    return [f"Over the goal: {', '.join(over)}.", ""] if over else []


def _file(work: Path) -> tuple[str, str]:
    """Return a file of candles and the opening of its last one."""
    candles = synthesize(1, CANDLES // PER_SESSION + 1, date(2023, 1, 2)).candles[:CANDLES]
    path = work / "commands.csv"
    write_mt5(candles, path, "America/Sao_Paulo")
    return str(path), datetime.fromtimestamp(int(candles.time[-1]), UTC).isoformat()


def _in_turns(commands: dict[str, list[str]]) -> dict[str, Timing]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(TURNS + 1):
        for name, command in commands.items():
            seconds = _cpu(command)
            if turn:  # the first writes bytecode
                taken[name].append(seconds)
    return {name: Timing(tuple(seconds)) for name, seconds in taken.items()}


def _cpu(command: list[str]) -> float:
    """Seconds of processor that a fresh interpreter took."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    after = os.times()
    assert done.returncode in (0, 1), done.stderr  # a backtest that passes no gate ends with 1
    return after.children_user + after.children_system - before.children_user - before.children_system
