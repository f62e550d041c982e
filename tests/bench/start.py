"""Cold start, memory and size of every function, from the artefacts that infra/Makefile makes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack.artefacts import Builder
from tests.artefacts import FUNCTIONS, LAYERS, layers_of, runtime_in
from tests.bench.runtime import cloud
from tests.bench.starts import (
    PEER,
    SERVED,
    Shop,
    Starts,
    client_in,
    in_turns,
    loaded,
    made,
    memory_of,
    served,
    weighed,
    without_bytecode,
)
from tests.cloud import ROOT

TURNS, FROM_SOURCE = 7, 3
GOAL, NUMPY_GOAL, UNZIPPED_LIMIT_MB = 1.5, 2.2, 250
WITH_NUMPY = {"CalibrateFunction", "DetectFunction"}
SHOWN_MS = 4
COLUMNS = (
    "function",
    "import, ms",
    "ready, ms",
    "times the peer",
    "in CPU time",
    "without bytecode",
    "first answer, ms",
    "resident, MB",
    "MemorySize, MB",
)
Size = tuple[float, float]
"""Megabytes zipped and unzipped."""


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· cold starts\n")
    builder = Builder.at(ROOT)
    with cloud() as here:
        (work / "runtime").mkdir()
        shop = Shop(builder.python, builder.build_all(), runtime_in(work / "runtime"), here)
        compiled = in_turns(shop, TURNS)
        bare = {name: without_bytecode(folder, work / "source" / name) for name, folder in shop.built.items()}
        source = in_turns(Shop(shop.python, bare, shop.runtime, here), FROM_SOURCE, "-B")
        client = client_in(work / "client")
        answers = {name: served(shop, name, client) for name in FUNCTIONS} if client else {}
        loads = {name: loaded(shop, name) for name in FUNCTIONS}
    sizes = {name: weighed(made(name, work / "cloud" / name)) for name in [*FUNCTIONS, *LAYERS]}
    return section(compiled, source, answers, sizes, loads)


def section(
    compiled: Mapping[str, Starts],
    source: Mapping[str, Starts],
    answers: Mapping[str, float | None],
    sizes: Mapping[str, Size],
    loads: Mapping[str, Mapping[str, float]],
) -> list[str]:
    """Return the section's lines."""
    return [
        "## Cold starts",
        "",
        "Each function in fresh processes, in turns, from its artefact, its layers and boto3 alone, built by"
        " infra/Makefile for the Python at hand; AWS is a server on this machine that answers at once."
        " *Import*: from the interpreter's first line to the handler imported; *ready*: all it works"
        f" with built once (settings, configuration, clients, the secret). Min / median / max of {TURNS}, ms."
        f" The peer: `import boto3` and one client, {compiled[PEER].timing('ready').spread()} ms and"
        f" {compiled[PEER].resident:.0f} MB in the same run; goal {GOAL} times that without"
        f" numpy, {NUMPY_GOAL} with it.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(_row(name, compiled, source, answers.get(name)) for name in FUNCTIONS),
        "",
        f"*Without bytecode* ({FROM_SOURCE} processes, CPU time): files compiled at each start, as"
        " Lambda must where an artefact brings none. *First answer*: from the process's start to the answer"
        " to its event.json, through Lambda's runtime client (awslambdaric) and a stand-in Runtime API,"
        f" median of {SERVED}; none where an empty AWS is an error; watch goes through a month of days.",
        "",
        *_misses(missed(compiled), loads),
        *_sizes(sizes),
    ]


def missed(compiled: Mapping[str, Starts]) -> list[str]:
    """Return the functions that are not ready within their goal, in CPU time.

    A cold start waits for nothing but the processor, and other work on the machine is no part of it.
    """
    goals = {name: NUMPY_GOAL if name in WITH_NUMPY else GOAL for name in FUNCTIONS}
    return [name for name, goal in goals.items() if ratio(compiled, name, "cpu") > goal]


def _misses(names: Sequence[str], loads: Mapping[str, Mapping[str, float]]) -> list[str]:
    if not names:
        return []
    rows = [f"| {_short(name)} | {_loaded(loads[name])} |" for name in names]
    return [
        "Over the goal in CPU time, and what each imports that the peer does not, ms of its own by"
        f" `-X importtime` (which slows it; {SHOWN_MS} ms and more):",
        "",
        "| function | packages |",
        "|---|---|",
        *rows,
        "",
    ]


def _loaded(by_package: Mapping[str, float]) -> str:
    dearest = sorted(by_package.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {ms:.0f}" for name, ms in dearest if ms >= SHOWN_MS)


def ratio(starts: Mapping[str, Starts], name: str, what: str = "ready") -> float:
    """Return how many times as long as the peer a function takes until it is ready."""
    return starts[name].timing(what).median / starts[PEER].timing(what).median


def _row(
    name: str, compiled: Mapping[str, Starts], source: Mapping[str, Starts], answer: float | None
) -> str:
    one = compiled[name]
    cells = [
        _short(name),
        one.timing("import").spread(),
        one.timing("ready").spread(),
        f"{ratio(compiled, name):.2f}",
        f"{ratio(compiled, name, 'cpu'):.2f}",
        f"{ratio(source, name, 'cpu'):.2f}",
        "" if answer is None else f"{answer * 1e3:.0f}",
        f"{one.resident:.0f}",
        str(memory_of(name)),
    ]
    return f"| {' | '.join(cells)} |"


def _short(function: str) -> str:
    return function.removesuffix("Function").lower()


def _sizes(sizes: Mapping[str, Size]) -> list[str]:
    whole = {name: sum(sizes[one][1] for one in [name, *layers_of(name)]) for name in FUNCTIONS}
    largest = max(whole, key=lambda name: whole[name])
    rows = [_size(name, sizes[name]) for name in [*LAYERS, *FUNCTIONS]]
    return [
        "| as sam build packs it | zipped, MB | unzipped, MB |",
        "|---|---|---|",
        *rows,
        "",
        f"With its layers {largest} is the largest: {whole[largest]:.0f} MB of the {UNZIPPED_LIMIT_MB} that"
        f" Lambda allows; the others {min(whole.values()):.0f}.",
        "",
    ]


def _size(name: str, size: Size) -> str:
    zipped, unzipped = size
    return f"| {name} | {zipped:.3g} | {unzipped:.3g} |"
