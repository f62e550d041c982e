"""CandleBatch v1: what is refused, each with a reason that says where and what."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.wire.candle_batch_v1 import MAX_BODY_BYTES, BatchRefused, read_batch
from tests.fakes import CANDLE

WARMUP = 5
NEWEST = CANDLE
NOW = CANDLE + 300


def a_batch(count=WARMUP, **changes):
    times = [NEWEST - 300 * (count - 1 - n) for n in range(count)]
    plain = {
        "version": 1,
        "bridge_id": "mesa-1",
        "symbol": "WIN$N",
        "contract": "WINZ26",
        "timeframe": "M5",
        "utc_offset_s": -10800,
        "new_from": count - 1,
        "historical": False,
        "candles": {
            "time": times,
            "open": [131_000.0] * count,
            "high": [131_050.0] * count,
            "low": [130_950] * count,
            "close": [131_020.5] * count,
            "tick_volume": [10] * count,
            "real_volume": [2**62] * count,
            "spread": [0] * count,
        },
    }
    return plain | changes


def with_column(name, values, **changes):
    batch = a_batch(**changes)
    batch["candles"][name] = values
    return batch


def with_value(name, index, value):
    batch = a_batch()
    batch["candles"][name][index] = value
    return batch


def read(body, now=NOW):
    return read_batch(body if isinstance(body, str | bytes) else json.dumps(body), now=now, warmup=WARMUP)


def reasons(body, now=NOW):
    with pytest.raises(BatchRefused) as caught:
        read(body, now)
    return caught.value.reasons


def at_fault(body, now=NOW, *, quiet=False):
    """The rows and times of the candles at fault; none where the batch is taken and `quiet`."""
    try:
        read(body, now)
    except BatchRefused as refused:
        return [(one.index, one.time) for one in refused.candles]
    assert quiet
    return []


def without(batch, rows):
    for values in batch["candles"].values():
        values[:] = [value for row, value in enumerate(values) if row not in rows]


def shifted(*times):
    return with_column("time", [NEWEST + one for one in times])


def test_a_good_one_is_read_as_it_was():
    batch = read(a_batch())
    assert batch.candles.low == [130_950.0] * WARMUP
    assert batch.candles.real_volume[0] == 2**62
    assert (batch.timeframe_s, batch.new_from) == (300, WARMUP - 1)


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_timeframe(timeframe):
    step = TIMEFRAMES[timeframe]
    batch = a_batch(timeframe=timeframe)
    batch["candles"]["time"] = [CANDLE - step * n for n in reversed(range(WARMUP))]
    assert read(batch, now=CANDLE + step).timeframe_s == step


def test_a_contract_may_be_left_to_the_calendar():
    batch = a_batch()
    del batch["contract"]
    assert read(batch).contract is None


def test_bytes_are_as_good_as_text():
    assert read(json.dumps(a_batch(), ensure_ascii=False).encode()) == read(a_batch())


def test_a_candle_is_closed_on_the_second():
    assert read(a_batch(), now=NOW)
    assert reasons(a_batch(), now=NOW - 0.001) == [
        f"candles.time[4]: closes at {NOW}, now is {NOW - 1}: not closed"
    ]


WRONG = [
    # one bad value
    (
        json.dumps(with_value("high", 2, 131050.25)).replace("131050.25", "1e999"),
        "candles.high.2: Input should be a finite number",
    ),
    (with_value("close", 3, None), "candles.close.3: Input should be a valid number"),
    (with_value("open", 0, "131000"), "candles.open.0: Input should be a valid number"),
    (with_value("open", 0, True), "candles.open.0: Input should be a valid number"),
    (with_value("time", 1, str(NEWEST)), "candles.time.1: Input should be a valid integer"),
    (with_value("time", 1, NEWEST + 0.5), "candles.time.1: Input should be a valid integer"),
    (with_value("time", 1, 2**50), "candles.time.1: Input should be less than"),
    (with_value("spread", 1, -1), "candles.spread.1: Input should be greater than or equal to 0"),
    (with_value("real_volume", 1, 2**63), "candles.real_volume.1: Input should be less than"),
    (with_value("high", 2, 130_900), "candles[2]: high 130900.0 is below low 130950.0"),
    (
        with_value("open", 1, 131_051),
        "candles[1]: open 131051.0 or close 131020.5 outside [130950.0, 131050.0]",
    ),
    (
        with_value("close", 4, 130_949),
        "candles[4]: open 131000.0 or close 130949.0 outside [130950.0, 131050.0]",
    ),
    # time
    (shifted(-1200, -600, -900, -300, 0), f"candles.time[1]: {NEWEST - 600} is out of order"),
    (shifted(-1200, -900, -900, -300, 0), f"candles.time[1]: {NEWEST - 900} comes twice: the later"),
    (
        with_value("time", 4, NEWEST + 300 * 290),
        f"candles.time[4]: {NEWEST + 87000} is more than a day ahead",
    ),
    (shifted(-1200, -901, -600, -300, 0), f"candles.time[1]: {NEWEST - 901} is not on the M5 grid"),
    (
        shifted(-900, -600, -300, 0, 300),
        f"candles.time[4]: closes at {NEWEST + 600}, now is {NOW}: not closed",
    ),
    # shape
    (a_batch(new_from=3), "new_from: only 3 candles before the first new one, 4 are needed"),
    (a_batch(new_from=5), "new_from: 5, but the window holds 5 candles: none is new"),
    (a_batch(count=0, new_from=0), "new_from: 0, but the window holds 0 candles: none is new"),
    (a_batch(new_from=-1), "new_from: Input should be greater than or equal to 0"),
    (a_batch(new_from="4"), "new_from: Input should be a valid integer"),
    (a_batch(new_from=True), "new_from: Input should be a valid integer"),
    (with_column("close", [1.0] * 4), "candles.close: 4 values, candles.time has 5"),
    (with_column("time", []), "candles.open: 5 values, candles.time has 0"),
    (with_column("high", 7), "candles.high: Input should be a valid list"),
    (with_column("median", [1.0] * 5), "candles.median: Extra inputs are not permitted"),
    (a_batch(candles=None), "candles: Input should be"),
    (a_batch(surprise=1), "surprise: Extra inputs are not permitted"),
    (a_batch(timeframe="M7"), "timeframe: Input should be 'M1', 'M2', 'M3'"),
    (a_batch(timeframe=5), "timeframe: Input should be"),
    (a_batch(version=2), "version: Input should be 1"),
    (a_batch(symbol=""), "symbol: String should have at least 1 character"),
    (a_batch(symbol="W" * 33), "symbol: String should have at most 32 characters"),
    (a_batch(historical="yes"), "historical: Input should be a valid boolean"),
    (a_batch(utc_offset_s=90_000), "utc_offset_s: Input should be less than or equal to 86400"),
    ({name: value for name, value in a_batch().items() if name != "bridge_id"}, "bridge_id: Field required"),
    # not even that
    ([], "body: Input should be a valid dictionary"),
    ("null", "body: Input should be a valid dictionary"),
    ("", "body: not JSON"),
    ('{"version":1', "body: not JSON"),
    (json.dumps(with_value("high", 2, float("nan"))), "candles.high.2: Input should be a finite number"),
    (json.dumps(with_value("high", 2, float("inf"))), "candles.high.2: Input should be a finite number"),
    (json.dumps(with_value("high", 2, float("-inf"))), "candles.high.2: Input should be a finite number"),
    (json.dumps(a_batch(utc_offset_s=float("nan"))), "utc_offset_s: Input should be"),
    (with_value("low", 2, 0), "candles[2]: low 0.0 is not above zero"),
    (with_value("tick_volume", 2, -3), "candles.tick_volume.2: Input should be greater than or equal to 0"),
    ("[" * 100_000, "body: not JSON: maximum recursion depth"),
    ('{"version":' + "9" * 5_000 + "}", "body: not JSON: Exceeds the limit"),
    (
        json.dumps(a_batch()).encode().replace(b"mesa", b"me\xffsa"),
        "body: not JSON: 'utf-8' codec can't decode",
    ),
    (b"\x00\x01\x02\xff", "body: not JSON"),
    (" " * (MAX_BODY_BYTES + 1), f"body: {MAX_BODY_BYTES + 1} bytes; at most {MAX_BODY_BYTES}"),
]


@pytest.mark.parametrize(("body", "reason"), WRONG, ids=[f"{n}-{one[1][:40]}" for n, one in enumerate(WRONG)])
def test_is_refused_with_its_reason(body, reason):
    given_reasons = reasons(body)
    assert any(one.startswith(reason) for one in given_reasons), given_reasons


def test_a_body_of_just_256_kb_is_read():
    text = json.dumps(a_batch())
    assert read(text + " " * (MAX_BODY_BYTES - len(text)))


def test_every_reason_is_named_at_once():
    batch = with_value("high", 2, 130_900)
    batch["candles"]["time"][1] += 1
    batch["new_from"] = 2
    assert len(reasons(batch)) == 3


def test_reasons_are_counted_and_cut():
    """A body that is wrong everywhere is not answered at the same length."""
    assert len(reasons(with_column("high", [1.0] * 300, count=300))) == 20
    (line, *_) = reasons(a_batch(**{"x" * 10_000: 1}))
    assert len(line) <= 200


class TestFaultyCandles:
    """Which candles are at fault: all of them, by row and time, so that the others can be posted."""

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("open", 1.0),
            ("low", 131_060),
            ("close", 0),
            ("high", float("nan")),
            ("close", None),
            ("spread", -1),
            ("real_volume", -1),
            ("tick_volume", 1.5),
        ],
    )
    def test_each_is_named_by_its_row_and_time(self, column, value):
        batch = with_value(column, 1, value)
        batch["candles"][column][3] = value
        assert at_fault(batch) == [(1, NEWEST - 900), (3, NEWEST - 300)]

    def test_one_that_is_wrong_twice_is_named_once(self):
        batch = with_value("high", 2, float("inf"))
        batch["candles"]["spread"][2] = -1
        assert at_fault(batch) == [(2, NEWEST - 600)]

    def test_more_than_there_are_reasons(self):
        assert len(at_fault(with_column("high", [1.0] * 300, count=300))) == 300

    @pytest.mark.parametrize(
        ("times", "rows"),
        [
            ((-1200, -900, -900, -300, 0), [1]),
            ((-1200, -900, 3000, -300, 0), [2]),
            ((-1200, -900, -90_000, -300, 0), [2]),
            ((-1200, -899, -600, -300, 0), [1]),
            ((-1200, -900, -900, -900, 0), [1, 2]),
            ((0, -300, -600, -900, -1200), [0, 1, 2, 3]),
        ],
    )
    def test_of_times_the_fewest_without_which_they_increase(self, times, rows):
        """One time far ahead is one faulty candle, not all those behind it."""
        assert [row for row, _ in at_fault(shifted(*times), now=NOW + 3600)] == rows

    def test_a_time_that_is_no_number_has_none(self):
        assert at_fault(with_value("time", 1, None)) == [(1, None)]

    @pytest.mark.parametrize(
        "change",
        [
            {"symbol": ""},
            {"surprise": 1},
            {"new_from": -1},
            {"utc_offset_s": 90_000},
            {"candles": None},
        ],
    )
    def test_what_lies_elsewhere_names_none_though_a_candle_is_wrong_too(self, change):
        batch = with_value("high", 2, None) | change
        assert at_fault(batch) == []

    def test_nor_do_columns_of_different_length(self):
        """Nobody can tell which values belong to one candle."""
        for value in (1.0, None):
            assert at_fault(with_column("close", [value] * 4)) == []

    def test_a_candle_that_has_not_closed_is_a_matter_of_clocks(self):
        assert at_fault(a_batch(), now=NOW - 1) == []
        assert at_fault(with_value("high", 1, 1.0), now=NOW - 1) == [(1, NEWEST - 900)]

    @given(st.lists(st.integers(0, 30), min_size=WARMUP, max_size=40), st.data())
    def test_the_rest_of_a_refused_window_is_taken(self, steps, data):
        """Values are read before times and prices: two rounds at most, then nothing is left at fault."""
        count = len(steps)
        batch = a_batch(count=count, new_from=count - 1)
        batch["candles"]["time"] = [NEWEST - 300 * step for step in steps]
        for row in data.draw(st.lists(st.integers(0, count - 1), max_size=5)):
            batch["candles"][data.draw(st.sampled_from(["low", "close", "spread"]))][row] = -1
        for _ in range(2):
            without(batch, {row for row, _ in at_fault(batch, quiet=True)})
        assert at_fault(batch, quiet=True) == []


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_is_refused_never_a_crash(body):
    assert reasons(body)


@given(
    st.sampled_from(["time", "open", "spread", "close"]),
    st.one_of(
        st.none(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.booleans(), st.just({})
    ),
)
def test_a_value_of_the_wrong_kind_is_refused_where_it_stands(column, value):
    assert any(one.startswith(f"candles.{column}.2") for one in reasons(with_value(column, 2, value)))
