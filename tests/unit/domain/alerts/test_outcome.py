"""What became of an alert, by the candles behind it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pregao.domain.alerts.outcome import HORIZON, outcome_of
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.market.candle import Candle
from tests.fakes import CANDLE, an_alert

LONG, SHORT = an_alert(), an_alert(direction=Direction.SHORT)


def day_of(opened):
    return datetime.fromtimestamp(opened, UTC).date()


def bar(place, low, high, at=CANDLE):
    return Candle(at + 300 * place, low, high, low, high, 1, 1)


def quiet(count, first=1):
    return [bar(place, LONG.price, LONG.price) for place in range(first, first + count)]


@pytest.mark.parametrize("alert", [LONG, SHORT])
@pytest.mark.parametrize("name", ["target", "stop"])
def test_the_barrier_that_was_reached(alert, name):
    price = alert.take_profit if name == "target" else alert.stop_loss
    low, high = sorted((alert.price, price))
    assert outcome_of(alert, [*quiet(2), bar(3, low, high)], day_of, over=False) == name
    shy = 5.0 if price > alert.price else -5.0
    low, high = sorted((alert.price, price - shy))
    assert outcome_of(alert, [*quiet(2), bar(3, low, high)], day_of, over=False) == "open"


def test_a_candle_that_reaches_both_is_the_stop():
    after = [*quiet(1), bar(2, LONG.stop_loss, LONG.take_profit)]
    assert outcome_of(LONG, after, day_of, over=False) == "stop"


@pytest.mark.parametrize(("opened", "ends"), [(0.0, "target"), (-1.0, "missed")])
def test_an_entry_that_could_not_be_had_is_missed(opened, ends):
    """The next candle opens at the band's lower end, or below it."""
    first = bar(1, LONG.entry_min + opened, LONG.take_profit)
    assert outcome_of(LONG, [first], day_of, over=False) == ends


def test_no_candle_after_its_own_is_missed():
    assert outcome_of(LONG, [], day_of, over=False) == "open"
    assert outcome_of(LONG, [], day_of, over=True) == "missed"


def test_its_own_candle_does_not_count():
    assert outcome_of(LONG, [bar(0, 0.0, 10.0**9)], day_of, over=False) == "open"


def test_patience_ends():
    late = bar(HORIZON + 1, LONG.price, LONG.take_profit)
    assert outcome_of(LONG, quiet(HORIZON), day_of, over=False) == "expired"
    assert outcome_of(LONG, [*quiet(HORIZON), late], day_of, over=False) == "expired"
    assert outcome_of(LONG, quiet(HORIZON - 1), day_of, over=False) == "open"
    assert outcome_of(LONG, quiet(HORIZON - 1), day_of, over=True) == "expired"


def test_the_next_day_is_another_session():
    tomorrow = bar(0, LONG.price, LONG.take_profit, CANDLE + 86_400)
    assert outcome_of(LONG, [*quiet(2), tomorrow], day_of, over=False) == "expired"


class TestRange:
    """Of an alert without a side: the next candles' range against 1.5 times what is usual, 350 here."""

    RANGED = an_alert(pattern=Pattern.UNUSUAL_RANGE)

    @pytest.mark.parametrize(("reach", "ends"), [(525.0, "came"), (520.0, "did_not")])
    def test_it_came_or_did_not(self, reach, ends):
        after = [*quiet(5), bar(6, LONG.price - 100, LONG.price + reach - 100), *quiet(6, 7)]
        assert outcome_of(self.RANGED, after, day_of, over=False) == ends

    def test_it_is_known_as_soon_as_it_came_and_not_before_the_end_that_it_did_not(self):
        wide = bar(1, LONG.price, LONG.price + 525)
        assert outcome_of(self.RANGED, [wide], day_of, over=False) == "came"
        assert outcome_of(self.RANGED, quiet(11), day_of, over=False) == "open"
        assert outcome_of(self.RANGED, quiet(11), day_of, over=True) == "did_not"
        assert outcome_of(self.RANGED, [], day_of, over=True) == "did_not"

    def test_what_comes_after_the_twelfth_or_tomorrow_is_another_matter(self):
        wide = LONG.price, LONG.price + 900
        for late in (bar(HORIZON + 1, *wide), bar(0, *wide, CANDLE + 86_400)):
            assert outcome_of(self.RANGED, [*quiet(HORIZON), late], day_of, over=False) == "did_not"

    def test_where_what_is_usual_was_not_known_nothing_is_claimed(self):
        unknown = an_alert(pattern=Pattern.UNUSUAL_RANGE, reason={"heat": 2.1, "candles": 6})
        assert outcome_of(unknown, quiet(3), day_of, over=False) == "open"
        assert outcome_of(unknown, quiet(HORIZON), day_of, over=False) == "expired"
