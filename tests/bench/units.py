"""infra/units.yaml, which `pregao cost` reads: all scenes, counted on four desks."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from local.ops.costs import Usage
from local.ops.month import Counted
from tests.cloud import ROOT

FILE = ROOT / "infra" / "units.yaml"
HEAD = """# Written by `make bench`: what each scene of the system uses, counted at botocore over the deployed
# functions, on four desks (tests/bench/months.py). `pregao cost` reads it.
#   small   a desk of `recipients` operators, each with a screen        wider   with `more` other screens
#   fuller  with `more` operators more whom it concerns                 fed     with `feeds` more feeds known
# lambda_gb_second is memory times CPU time on the development machine, moto's included.
"""


def write(counted: Mapping[str, Counted], recipients: int, more: int, feeds: int) -> None:
    """Write the file: scenes on desks that differ by so many."""
    told = {
        "recipients": recipients,
        "more": more,
        "feeds": feeds,
        "scenes": {
            name: {desk: _rounded(getattr(one, desk)) for desk in ("small", "wider", "fuller", "fed")}
            for name, one in counted.items()
        },
    }
    FILE.write_text(HEAD + yaml.safe_dump(told, sort_keys=False, width=200, default_flow_style=None), "utf-8")


def _rounded(usage: Usage) -> dict[str, float]:
    return {name: float(f"{units:.5g}") for name, units in sorted(usage.items())}
