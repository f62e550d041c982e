"""A day's objects, read for a verification: those of a closed day in place of its small ones.

A closed day's records are held to the digests that list its small objects: cut as those were cut, they must
have their roots. So what the small objects attest is verified without reading one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from local.audit.verify_day import DayResult, judge_day, read_day, read_part
from pregao.domain.audit import merkle
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import DAYS, ChainName
from pregao.domain.audit.closed_days import read_closed, whole_days
from pregao.domain.audit.verification import Entry, Finding

Day = tuple[str, str]  # table, day
Chains = dict[str, list[Entry]]


@dataclass
class DayObjects:
    """A day's objects by key, each with the root that a digest tells of it, None without one.

    `closed` are the day put together, `whole` tells whether they are all there; `listed` are then the small
    objects that digests list, at hand or not. `beside` are objects of the day put together that are none of
    it.
    """

    small: dict[str, str | None] = field(default_factory=dict)
    closed: dict[str, str | None] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)
    whole: bool = False

    def read(self, *, every: bool = False) -> dict[str, str | None]:
        """Return the objects that are read for the day, `every` for the small ones of a closed day too."""
        return {**self.closed, **(self.small if every or not self.whole else {})}


def by_day(
    objects: Iterable[str], roots: Mapping[str, str] = MappingProxyType({})
) -> tuple[dict[Day, DayObjects], list[Finding]]:
    """Return the objects by table and day, and those whose name is none of ours."""
    found: dict[Day, DayObjects] = defaultdict(DayObjects)
    strange, closed = [], []
    for key in objects:
        if parts := read_key(key):
            found[parts.table, parts.day].small[key] = roots.get(key)
        elif together := read_closed(key):
            found[together.table, together.day].closed[key] = roots.get(key)
            closed.append(key)
        else:
            strange.append(Finding(key, "is no object of the archive"))
    whole = whole_days(closed) | whole_days(key for key in closed if key in roots)
    for day, keys in whole.items():
        one = found[day]
        one.whole, one.beside = True, sorted(one.closed.keys() - keys)
        one.closed = {key: one.closed[key] for key in keys}
    for key, root in roots.items() if whole else ():
        if (parts := read_key(key)) and (parts.table, parts.day) in whole:
            found[parts.table, parts.day].listed[key] = root
    return found, strange


def check_day_objects(
    folder: Path, day: Day, objects: DayObjects, late: str, *, every: bool = False
) -> DayResult:
    """Read and check one day of a table; `late` and the result as in `verify_day`."""
    chains, findings = read_objects(folder, objects, late, every=every)
    return judge_day(*day, chains, findings)


def read_objects(
    folder: Path, objects: DayObjects, late: str = "", *, every: bool = False
) -> tuple[Chains, list[Finding]]:
    """Read a day's records, of each chain in no order, and what is wrong with its objects.

    Where an object of the closed day is damaged, the day is read from its small objects, if they are here.
    """
    closed: Chains = defaultdict(list)
    findings: list[Finding] = []
    for key, root in sorted(objects.closed.items()):
        entries, wrong = read_part(folder, key, vouched=root is not None)
        findings += wrong
        for one in entries:
            closed[str(one.record.get("chain"))].append(one)
    if not objects.whole or (findings and objects.small):
        chains, wrong = read_day(folder, objects.small, late)
        wrong += [] if objects.whole else _parts_of(folder, objects, chains)
        return chains, [*findings, *wrong, *_not_listed(objects)]
    findings = findings or _held(min(objects.closed), closed, objects.listed, late)
    findings += _not_listed(objects)
    return closed, [*findings, *(read_day(folder, objects.small, late)[1] if every else ())]


def _held(key: str, chains: Chains, listed: Mapping[str, str], late: str) -> list[Finding]:
    """Hold a closed day's records to its small objects as digests list them; nothing without a digest."""
    left = {name: sorted(entries, key=lambda one: one.seq) for name, entries in chains.items()}
    covered: dict[str, set[int]] = defaultdict(set)
    for small, root in listed.items():
        parts = read_key(small)
        if parts is None:
            continue
        some = left.get(parts.chain, [])[parts.first - 1 : parts.last]
        if merkle.root_of([one.leaf for one in some]).hex() != root:
            return [Finding(key, f"does not hold what a digest lists as {small}")]
        covered[parts.chain].update(range(parts.first, parts.last + 1))
    over = [one for name, entries in left.items() for one in entries if one.seq not in covered[name]]
    written = max((str(one.record.get("recorded_at")) for one in over), default=late)
    if not listed or written >= late:
        return []
    first = over[0]
    return [Finding(key, f"holds {first.record.get('chain')} {first.seq}, which no digest lists")]


def _not_listed(objects: DayObjects) -> list[Finding]:
    what = "no digest lists it, though its day is closed"
    extra = [key for key, root in objects.small.items() if root is None] if objects.listed else []
    return [Finding(key, what) for key in sorted([*extra, *objects.beside])]


def _parts_of(folder: Path, objects: DayObjects, chains: Chains) -> list[Finding]:
    """Hold objects that are not the whole day to its small objects, where these are at hand."""
    names = sorted(chains, key=lambda name: (ChainName.parse(name).contract == DAYS, name))
    day = [one.hash for name in names for one in sorted(chains[name], key=lambda one: one.seq)]
    findings = []
    for key in objects.closed if objects.small else ():
        parts, (entries, _) = read_closed(key), read_part(folder, key, vouched=True)
        if parts and (
            parts.of != len(day) or [one.hash for one in entries] != day[parts.first - 1 : parts.last]
        ):
            findings.append(Finding(key, "does not hold its day's records"))
    return findings


def not_at_hand(days: Mapping[Day, DayObjects], missing: Sequence[str]) -> list[str]:
    """Return of the missing objects those that a copy must have.

    A copy may have closed days without their small objects; where it has one of a day's, it must have all.
    """
    return [
        key
        for key in missing
        if (parts := read_key(key)) is None
        or (there := days.get((parts.table, parts.day))) is None
        or not there.whole
        or there.small
    ]
