"""Trading days, hours and seasons; the shipped calendar against a library and against real candles."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest

from local.lab.history import read
from pregao.config.reader import load
from pregao.domain.market.sessions import Hours, Season, Sessions, TradingDays
from tests.unit.domain.detectors.market import real

CONFIG = load(Path(__file__).resolve().parents[4] / "config", env={})
DAYS = CONFIG.calendars["b3"].days
SAO_PAULO_HOLIDAYS = {(1, 25), (7, 9), (11, 20)}
"""The city's and the state's: B3 was closed on them until 2021."""


def every_weekday(first: date, last: date):
    days = (first + timedelta(at) for at in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


class TestTradingDays:
    days = TradingDays(closed={date(2026, 12, 24): "", date(2026, 12, 25): ""})

    def test_weekends_and_holidays_are_none(self):
        assert date(2026, 12, 23) in self.days
        assert not [day for day in (24, 25, 26, 27) if date(2026, 12, day) in self.days]

    def test_the_next_and_the_last(self):
        assert self.days.on_or_after(date(2026, 12, 24)) == date(2026, 12, 28)
        assert self.days.on_or_before(date(2026, 12, 27)) == date(2026, 12, 23)
        assert self.days.on_or_after(date(2026, 12, 23)) == date(2026, 12, 23)


class TestSessions:
    late = TradingDays(late_opens={date(2026, 2, 18): time(13)})

    def test_a_season_has_its_own_hours(self):
        summer = Season(date(2024, 3, 11), date(2024, 11, 1), Hours(time(9), time(17, 55)))
        sessions = Sessions(Hours(time(9), time(18, 25)), seasons=(summer,))
        closes = [sessions.on(date(2024, *day)).close for day in ((3, 8), (3, 11), (11, 1), (11, 4))]
        assert closes == [time(18, 25), time(17, 55), time(17, 55), time(18, 25)]

    def test_a_late_day_begins_late_and_never_earlier_than_usual(self):
        assert Sessions(Hours(time(9), time(18)), self.late).on(date(2026, 2, 18)).open == time(13)
        assert Sessions(Hours(time(14), time(18)), self.late).on(date(2026, 2, 18)).open == time(14)

    def test_midnight_as_close_is_the_end_of_the_day(self):
        whole = Hours(time(0), time(0))
        assert whole.hold(time(0))
        assert whole.hold(time(23, 55))
        late = Sessions(whole, self.late).on(date(2026, 2, 18))
        assert not late.hold(time(12, 55))
        assert late.hold(time(23, 55))


class TestB3:
    def test_holidays_are_those_of_the_library(self):
        """Which does not know the local holidays of before 2022; they are listed above."""
        theirs = {
            day for day in holidays.financial_holidays("BVMF", years=range(2018, 2029)) if day.weekday() < 5
        }
        ours = {day for day in DAYS.closed if day <= date(2028, 12, 31)}
        assert theirs <= ours
        assert {(day.month, day.day) for day in ours - theirs} <= SAO_PAULO_HOLIDAYS
        assert max(day.year for day in ours - theirs) == 2021

    def test_ash_wednesday_is_46_days_before_easter(self):
        """The Friday of every Easter is closed, so it is read off the calendar itself."""
        fridays = [day for day, name in DAYS.closed.items() if name == "Sexta-feira Santa"]
        assert sorted(DAYS.late_opens) == [friday - timedelta(44) for friday in sorted(fridays)]

    @pytest.mark.parametrize(
        ("file", "symbol", "dense_from"),
        [
            ("WINFUT_M5_2021-2022_fritter-C.csv", "WINFUT", date(2021, 8, 24)),
            ("WING24_M5_utf16_mtcli.csv", "WING24", date(2023, 11, 6)),
            ("WINJ20_M5_2020Q1_profit_arthurmb98.csv", "WINJ20", date(2020, 1, 30)),
            ("WDOV24_M5_utf16_mtcli.csv", "WDOV24", date(2024, 8, 20)),
            ("WIN_M5_2026-06_copyrates_maronezzi.csv", "WIN$N", date(2026, 6, 3)),
            ("WDO_M5_2026-06_copyrates_maronezzi.csv", "WDO$N", date(2026, 6, 3)),
        ],
    )
    def test_real_candles_are_in_session(self, file, symbol, dense_from):
        """All of them but the closing call's, on trading days only, and on every one of them."""
        instrument = CONFIG.instrument_for(symbol)
        times = read(real(file), instrument.timezone).time.tolist()
        outside = [moment for moment in times if not instrument.in_session(moment)]
        late = Counter(datetime.fromtimestamp(at - 3 * 3600, UTC).time() for at in outside)
        assert set(late) <= {time(17, 55), time(18), time(18, 5), time(18, 25), time(18, 30)}
        assert len(outside) <= 0.01 * len(times)
        traded = {instrument.local_date(moment) for moment in times}
        assert all(day in DAYS for day in traded)
        wanted = [day for day in every_weekday(dense_from, max(traded)) if day in DAYS]
        assert [day for day in wanted if day not in traded] == []

    def test_the_hours_are_those_of_the_sessions_seen(self):
        """WINFUT's days begin and end where the calendar says, Ash Wednesday and both seasons among them."""
        win = CONFIG.instrument_for("WINFUT")
        times = read(real("WINFUT_M5_2021-2022_fritter-C.csv"), win.timezone).time.tolist()
        by_day: dict[date, list[time]] = {}
        for at in times:
            by_day.setdefault(win.local_date(at), []).append(
                datetime.fromtimestamp(at - 3 * 3600, UTC).time()
            )
        first, *others = by_day  # the file begins at noon
        assert first == date(2021, 8, 23)
        for day in others:
            seen = by_day[day]
            hours = win.sessions.on(day)
            assert hours.hold(seen[0])
            assert seen[0] in (hours.open, time(9, 5))
            last = datetime.combine(day, hours.close) - timedelta(minutes=5)
            assert seen[-1] == last.time()

    def test_the_closing_call_s_bar_is_no_session_candle(self):
        """It has one price and stands at 18:30; what stands at 18:20 is trading."""
        win = CONFIG.instrument_for("WIN$N")
        candles = read(real("WIN_M5_2026-06_copyrates_maronezzi.csv"), win.timezone)
        still = candles.high == candles.low
        (called,) = candles.time[still].tolist()
        assert datetime.fromtimestamp(called - 3 * 3600, UTC).time() == time(18, 30)
        assert not win.in_session(called)
        assert win.in_session(called - 600)

    @pytest.mark.parametrize(
        "file", ["WIN_M5_2026-06_copyrates_maronezzi.csv", "WINFUT_M5_2021-2022_fritter-C.csv"]
    )
    def test_the_last_candle_of_a_session_is_continuous_trading(self, file):
        """None is a call's single print: each moved over as many points as any candle does."""
        win = CONFIG.instrument_for("WIN$N")
        candles = read(real(file), win.timezone)
        times = candles.time.tolist()
        last = {win.local_date(at): row for row, at in enumerate(times) if win.in_session(at)}
        ranges = [float(candles.high[row] - candles.low[row]) for row in last.values()]
        assert len(ranges) >= 5
        assert min(ranges) >= 12 * win.tick_size
