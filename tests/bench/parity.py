"""Real files replayed through the stack: what rang, against a scan of the same candles. Counts, no times."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
FILES = {
    "WINFUT_M5_2021-2022_fritter-C.csv": ("WINFUT", "2022-05-12"),
    "WING24_M5_utf16_mtcli.csv": ("WIN$N", "2024-02-05"),
    "WINJ20_M5_2020Q1_profit_arthurmb98.csv": ("WINJ20", "2020-03-25"),
    "WIN_M5_2026-06_copyrates_maronezzi.csv": ("WIN$N", None),
    "WDOV24_M5_utf16_mtcli.csv": ("WDOV24", "2024-09-24"),
    "WDO_M5_2026-06_copyrates_maronezzi.csv": ("WDO$N", None),
    "EURUSD_M5_2021_mt5native_kayoroxa.csv": ("EURUSD", "2021-12-28"),
    "EURUSD_M5_2025-07_mt5native_P3dr7.csv": ("EURUSD", "2025-07-09"),
}
"""The last sessions of each, all of the two short ones, as what symbol; what is before goes in as history."""
TOLD = ("sessions", "judged", "admitted", "listed", "lost", "unexplained")


def measure(work: Path) -> list[str]:
    """The section's lines; none where the files are not there."""
    there = [name for name in FILES if (DATA / name).exists()]
    if not there:
        sys.stderr.write("· no real candle files here: their parity is left as it was\n")
        return []
    return [
        "## Real files through the stack",
        "",
        "`pregao run --once --speed max` over the last sessions of real files, what is before as history."
        " After its last candle each session is closed as `functions/calibrate` closes it: a scan of the"
        " candles kept is held against the alerts on record. *Unexplained*: alerts that one has and the other"
        " has not, or has otherwise, without a cause that is known. `listed` counts alert and operator.",
        "",
        "| file | sessions | candles | admitted | listed | lost | unexplained |",
        "|---|---|---|---|---|---|---|",
        *(_row(name, work / f"{at}.json") for at, name in enumerate(there)),
        "",
    ]


def _row(name: str, report: Path) -> str:
    sys.stderr.write(f"· {name} through the stack\n")
    symbol, first = FILES[name]
    command = [str(Path(sys.executable).with_name("pregao")), "run", "--candles", str(DATA / name)]
    command += ["--symbol", symbol, "--once", "--speed", "max", "--quiet", "--report", str(report)]
    command += ["--from", first] if first else []
    subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    told = json.loads(report.read_text(encoding="utf-8"))
    told["admitted"] = told["alerts"].get("admitted", 0)
    return " | ".join([f"| `{name}`", *(str(told[one]) for one in TOLD)]) + " |"
