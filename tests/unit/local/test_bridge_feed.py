"""Batches, cursor and feed: every candle new exactly once, nothing skipped in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from pregao_bridge.batch import MAX_BODY_BYTES, Columns, Stream, Window, build, build_within
from pregao_bridge.feed.posting import Answer, PostingLoop, keep_refused
from pregao_bridge.files import CursorError, FileCursor, MemoryCursor
from pregao_bridge.outcome import Accepted, Refused, Transient

STREAM = Stream("mesa-1", "WIN$N", "M5")
START = 1_772_452_800


def columns(count: int) -> Columns:
    prices = [130_000.0 + at for at in range(count)]
    time = [START + 300 * at for at in range(count)]
    whole = list(range(count))
    return Columns(time, prices, prices, prices, prices, whole, whole, [5] * count)


def window(count: int = 272, new_from: int = 262) -> Window:
    return Window(columns(count), new_from, "WINJ26", -10_800)


class Terminal:
    """A source of which `closed` candles have closed."""

    def __init__(self, closed: int) -> None:
        self.all, self.closed = columns(2_000), closed

    def window(self, after, history, at_most):
        first = history if after is None else (after - START) // 300 + 1
        last = min(first + at_most, self.closed)
        if first >= last:
            return None
        return Window(self.all[slice(first - history, last)], history, "WINJ26", -10_800)


class Cloud:
    """Answers from a list, then accepts; remembers the bodies it accepted."""

    def __init__(self, *answers):
        self.answers, self.accepted = list(answers), []

    def post(self, body):
        if self.answers:
            return self.answers.pop(0)
        said = json.loads(body)
        self.accepted.append(said)
        new = said["candles"]["time"][said["new_from"] :]
        return Accepted(len(new), (), new[-1], 0.0, 0.0)


def feed_of(terminal, cloud, cursor=None, **options):
    return PostingLoop(terminal, STREAM, cloud, cursor or MemoryCursor(), **options)


def new_times(cloud):
    return [at for body in cloud.accepted for at in body["candles"]["time"][body["new_from"] :]]


def test_the_body_is_the_contract():
    """CandleBatch v1: these keys, compact, whole numbers whole."""
    batch = build(STREAM, window(), historical=False)
    said = json.loads(batch.body)
    assert {name: said[name] for name in said if name != "candles"} == {
        "version": 1,
        "bridge_id": "mesa-1",
        "symbol": "WIN$N",
        "contract": "WINJ26",
        "timeframe": "M5",
        "utc_offset_s": -10_800,
        "new_from": 262,
        "historical": False,
    }
    assert list(said["candles"]) == [
        "time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread",
    ]  # fmt: skip
    assert {len(column) for column in said["candles"].values()} == {272}
    assert all(type(value) is int for name in ("time", "tick_volume") for value in said["candles"][name])
    assert b" " not in batch.body
    assert batch.newest == START + 300 * 271


def test_a_body_too_large_carries_fewer_new_candles():
    """Halved until the cloud takes it, the oldest first; history stays whole."""
    batch = build_within(STREAM, window(9_262), historical=True)
    assert len(batch.body) <= MAX_BODY_BYTES
    assert batch.window.new in {4_500, 2_250, 1_125}
    assert batch.window.columns.time[0] == START
    assert json.loads(batch.body)["new_from"] == 262


def test_not_a_number_is_for_the_cloud_to_refuse():
    """The bridge goes on; the refusal will say which candle."""
    broken = replace(columns(263), close=[float("nan")] * 263)
    assert b"NaN" in build(STREAM, Window(broken, 262, "WINJ26", 0), historical=False).body


def test_a_backlog_goes_out_in_steps_then_one_by_one():
    """262 before each batch; each candle new once; then every new close is a batch of one."""
    terminal, cloud = Terminal(closed=497), Cloud()
    feed = feed_of(terminal, cloud, at_most=100)
    while feed.step():
        pass
    terminal.closed += 1
    assert feed.step()
    assert feed.step() is None
    sizes = [len(body["candles"]["time"]) - body["new_from"] for body in cloud.accepted]
    assert sizes == [100, 100, 35, 1]
    assert {body["new_from"] for body in cloud.accepted} == {262}
    times = new_times(cloud)
    assert times == terminal.all.time[262:498]
    assert all(later - earlier == 300 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Refused(400, ("candle 3: high < low",)), Answer.REFUSED),
        (Refused(403, ("Forbidden",)), Answer.SIGNATURE),
        (Transient("HTTP 503", 5), Answer.AWAY),
    ],
)
def test_the_cursor_moves_on_acceptance_only(answer, meaning):
    """Refused or unanswered, the same candles are next again."""
    cloud, cursor = Cloud(answer), MemoryCursor(START + 300 * 299)
    feed = feed_of(Terminal(closed=305), cloud, cursor)
    settled = feed.step()
    assert (settled.outcome, settled.answer) == (answer, meaning)
    assert cursor.read() == START + 300 * 299
    assert feed.step().answer is Answer.ACCEPTED
    assert cursor.read() == START + 300 * 304
    assert new_times(cloud) == [START + 300 * at for at in range(300, 305)]


def test_passing_over_is_a_decision():
    """Only `pass_over` goes on without acceptance."""
    cloud, cursor = Cloud(Refused(400, ("no",))), MemoryCursor(START + 300 * 299)
    feed = feed_of(Terminal(closed=301), cloud, cursor)
    batch = feed.next_batch()
    feed.send(batch)
    feed.pass_over(batch.newest)
    assert feed.step() is None
    assert cloud.accepted == []


@pytest.mark.parametrize("historical", [False, True])
def test_replays_are_marked(historical):
    """`historical` stands in every body of the feed."""
    cloud = Cloud()
    feed = feed_of(Terminal(closed=263), cloud, historical=historical)
    feed.step()
    assert cloud.accepted[0]["historical"] is historical


def test_a_refused_batch_is_kept_with_its_reasons(tmp_path):
    """One file per batch, however often it is refused."""
    batch = build(STREAM, window(), historical=False)
    for _ in range(2):
        path = keep_refused(tmp_path, batch, Refused(400, ("máxima < mínima",)))
    assert list(tmp_path.iterdir()) == [path]
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["reasons"] == ["máxima < mínima"]
    assert kept["body"].encode() == batch.body


def test_the_cursor_outlives_the_process(tmp_path):
    """Written whole, read back; none before the first."""
    path = tmp_path / "WIN.json"
    assert FileCursor(path).read() is None
    FileCursor(path).write(START)
    FileCursor(path).write(START + 300)
    assert FileCursor(path).read() == START + 300
    assert [one.name for one in tmp_path.iterdir()] == ["WIN.json"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"newest": "x"}', '{"newest": 1.5}', '{"newest": tr'])
def test_a_broken_cursor_says_what_to_do(tmp_path, content):
    """Somebody's hand or a dead disk, never a power cut."""
    path = tmp_path / "WIN.json"
    path.write_text(content)
    with pytest.raises(CursorError, match="delete it"):
        FileCursor(path).read()
