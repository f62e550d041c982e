"""`make drill`: each function, consumer, schedule and table is taken away, and its alarm has to tell."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from local.ops.runbook import read_runbook
from tests.bench.desk import ROOT, desk
from tests.bench.results import write_drilled
from tests.drill import Told, Traffic, drill, victims


def practise(named: list[str]) -> list[Told]:
    """Drill those whose name has one of these words in it, all where none is given."""
    wanted = [one for one in victims() if not named or any(word in one.name for word in named)]
    with tempfile.TemporaryDirectory(prefix="pregao-drill-") as work, desk(2, Path(work)) as it:
        traffic = Traffic(it)
        traffic.start()
        try:
            return [_told(drill(it, traffic, one)) for one in wanted]
        finally:
            traffic.end()


def _told(told: Told) -> Told:
    sys.stderr.write(f"· {told.victim.name}: {told.victim.alarm} {_seconds(told.lit_s)}, {told.others}\n")
    return told


def _seconds(passed: float | None) -> str:
    return "not lit" if passed is None else f"{passed:.0f} s"


def main() -> None:
    """Drill and write it down; exit code 1 if an alarm was not lit, stayed lit, or has no entry.

    It is 1 too where the first line of `pregao doctor` did not name what was taken away.
    """
    found, book = practise(sys.argv[1:]), read_runbook(ROOT)
    failed = [
        one
        for one in found
        if None in (one.lit_s, one.out_s) or one.victim.alarm not in book or one.first != one.victim.alarm
    ]
    lines = [
        f"By `make drill`, {datetime.now(UTC):%Y-%m-%d}: taken away one after the other while everything is"
        " in use; every alarm's period is three seconds instead of its own, ages shrink alike.",
        "",
        "| taken away | alarm | lit after | out after | first line of `pregao doctor` | lit beside it |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one.victim.name} | [{one.victim.alarm}](../../docs/RUNBOOK.md#{one.victim.alarm.lower()})"
            f" | {_seconds(one.lit_s)} | {_seconds(one.out_s)} | {one.first} | {', '.join(one.others)} |"
            for one in found
        ),
        "",
        f"**Not as it should be: {', '.join(one.victim.name for one in failed)}.**"
        if failed
        else "Each was told by its own alarm, named first by `pregao doctor`, and the alarm went out again.",
    ]
    print("\n".join(lines))
    if not sys.argv[1:]:
        write_drilled(lines)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
