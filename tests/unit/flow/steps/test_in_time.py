"""Several things that do not depend on each other: each has its turn, one exception tells what failed."""

from __future__ import annotations

import pytest

from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.in_time import Failures, TimeLeft


class Watch:
    """Shows what a test sets."""

    def __init__(self, left):
        self.left = left

    def __call__(self):
        return self.left


def test_the_first_thing_of_an_invocation_may_always_begin():
    time = TimeLeft(Watch(1.0))
    assert time.for_more(60.0)
    assert not time.for_more(60.0)
    assert time.for_more(1.0)


def test_a_failure_is_kept_and_the_others_have_their_turn():
    done, failures = [], Failures()
    for thing in failures.each("abc", 1.0, TimeLeft(Watch(9.0))):
        with failures.kept():
            if thing == "b":
                raise ValueError(thing)
            done.append(thing)
    assert done == ["a", "c"]
    with pytest.raises(ExceptionGroup, match="two of three") as told:
        failures.tell("two of three")
    assert told.group_contains(ValueError, match="b")


def test_what_a_group_holds_is_kept_one_by_one():
    failures = Failures()
    with failures.kept():
        raise ExceptionGroup("two", [ValueError("a"), ExceptionGroup("one", [TypeError("b")])])
    assert [type(one) for one in failures.found] == [ValueError, ExceptionGroup]


def test_who_has_no_time_leaves_the_rest_and_says_so():
    watch, failures, done = Watch(10.0), Failures(), []
    for thing in failures.each("abc", 4.0, TimeLeft(watch)):
        done.append(thing)
        watch.left -= 4.0
    assert done == ["a", "b"]
    assert [type(one) for one in failures.found] == [OutOfTime]


def test_nothing_that_failed_is_nothing_told():
    failures = Failures()
    for _ in failures.each("abc", 1.0, TimeLeft(Watch(9.0))):
        pass
    failures.tell("all is well")


def test_a_process_that_dies_is_not_kept():
    failures = Failures()
    with pytest.raises(KeyboardInterrupt), failures.kept():
        raise KeyboardInterrupt
