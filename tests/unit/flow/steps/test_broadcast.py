"""Frames to many screens: in order, side by side, and nobody waits for one that hangs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from pregao.domain.delivery.operators import Status
from pregao.flow.steps import broadcast as module
from pregao.flow.steps.broadcast import broadcast, post_all
from pregao.flow.steps.in_time import Failures, TimeLeft
from tests.fakes import PLENTY, AtOnce, FakeScreens

FRAMES = [b"1", b"2", b"3"]


@pytest.fixture
def screens():
    screens = FakeScreens()
    for name in ("a", "b", "c"):
        screens.watch(name, "ana")
    return screens


@pytest.fixture
def hung(screens):
    """The screen b does not answer before the test ends."""
    over, post = threading.Event(), screens.post

    def hang(connection_id, frame):
        if connection_id == "b":
            over.wait(30)
        return post(connection_id, frame)

    screens.post = hang
    with ThreadPoolExecutor(8) as pool:
        yield pool
        over.set()


def test_everybody_gets_all_in_order(screens):
    failures = Failures()
    broadcast(FRAMES, ["ana"], screens, AtOnce(), PLENTY, failures)
    assert screens.frames == [(name, frame) for name in "abc" for frame in FRAMES]
    assert failures.found == []


def test_nothing_to_tell_asks_for_no_screens(screens):
    screens.present = None
    broadcast([], ["ana"], screens, AtOnce(), PLENTY, Failures())


def test_who_does_not_take_a_frame_gets_none_behind_it(screens):
    screens.gone, screens.failing = {"a"}, {"b"}
    statuses = post_all([(one, FRAMES) for one in "abc"], screens, AtOnce(), PLENTY, Failures())
    assert statuses == [Status.GONE, Status.FAILED, Status.SENT]
    assert screens.frames == [("c", frame) for frame in FRAMES]


def test_who_does_not_answer_counts_as_failed(screens, hung, monkeypatch):
    monkeypatch.setattr(module, "POSTS_S", 0.2)
    statuses = post_all([(one, FRAMES) for one in "abc"], screens, hung, PLENTY, Failures())
    assert statuses == [Status.SENT, Status.FAILED, Status.SENT]


def test_the_less_time_there_is_the_sooner_it_goes_on(screens, hung, monkeypatch):
    monkeypatch.setattr(module, "POSTS_S", 3600.0)
    began = monotonic()
    time = TimeLeft(lambda: began + 6.0 - monotonic())
    statuses = post_all([(one, FRAMES) for one in "abc"], screens, hung, time, Failures(), keep_s=5.5)
    assert statuses[1] is Status.FAILED


def test_what_waits_for_a_thread_when_time_is_up_is_not_posted_later(screens, monkeypatch):
    monkeypatch.setattr(module, "POSTS_S", 0.2)
    over, post = threading.Event(), screens.post
    screens.post = lambda *post_of: over.wait(30) and post(*post_of)
    with ThreadPoolExecutor(1) as pool:
        statuses = post_all([(one, [b"1"]) for one in "abc"], screens, pool, PLENTY, Failures())
        over.set()
    assert statuses == [Status.FAILED] * 3
    assert screens.frames == [("a", b"1")]


def test_a_post_that_breaks_is_kept_for_the_end(screens):
    def post(connection_id, _frame):
        if connection_id == "b":
            raise ValueError("no such frame")
        return Status.SENT

    screens.post, failures = post, Failures()
    statuses = post_all([(one, FRAMES) for one in "abc"], screens, AtOnce(), PLENTY, failures)
    assert statuses == [Status.SENT, Status.FAILED, Status.SENT]
    assert [type(one) for one in failures.found] == [ValueError]
