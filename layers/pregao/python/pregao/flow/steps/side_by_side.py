"""Several things of one invocation in lanes: one after the other in each, the lanes side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pregao.flow.ports.refusals import OutOfTime

if TYPE_CHECKING:
    from pregao.flow.steps.in_time import TimeLeft

Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Room:
    """As many lanes at once as `pool` has threads; nothing is begun with less than `needs_s` seconds left."""

    pool: Executor
    needs_s: float
    time: TimeLeft


def side_by_side(
    things: Sequence[Thing | Exception],
    lane: Callable[[Thing], Hashable],
    age: Callable[[Thing], float],
    work: Callable[[Thing], Result],
    room: Room,
) -> list[Result | Exception]:
    """Return what comes of each thing, in their order: the result, or the exception that it raised.

    What is an exception already stays one. A lane's things are worked on by `age`, smallest first, and so the
    lanes begin by their first ones. OutOfTime stands for what there was no time for; the very first is always
    begun.
    """
    lanes: dict[Hashable, list[int]] = defaultdict(list)
    sound = [(at, one) for at, one in enumerate(things) if not isinstance(one, Exception)]
    for at, one in sorted(sound, key=lambda it: age(it[1])):
        lanes[lane(one)].append(at)
    first = next(iter(lanes.values()), [0])[0]

    def begun(at: int) -> Result | Exception:
        one = things[at]
        assert not isinstance(one, Exception)  # noqa: S101 only what is sound has a lane
        if at != first and room.time() < room.needs_s:
            return OutOfTime(f"{room.time():.1f} s left, the next may take {room.needs_s:g} s")
        return tried(work, one)

    def run(places: list[int]) -> dict[int, Result | Exception]:
        return {at: begun(at) for at in places}

    if len(lanes) == 1:
        ended = [run(places) for places in lanes.values()]
    else:
        running = [room.pool.submit(run, places) for places in lanes.values()]
        ended = [one.result() for one in running]
    came = {at: one for each in ended for at, one in each.items()}
    return [one if isinstance(one, Exception) else came[at] for at, one in enumerate(things)]


def tried(work: Callable[[Thing], Result], thing: Thing) -> Result | Exception:
    """Return the result, or the exception that was raised."""
    try:
        return work(thing)
    except Exception as error:  # noqa: BLE001 one thing's fault is told as its own
        return error
