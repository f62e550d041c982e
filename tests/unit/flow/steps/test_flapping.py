"""The story of flow/steps/feeds for a feed that loses candles again and again: told once, then each hour."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from pregao.domain.audit.chain import stamp
from pregao.domain.feeds.flapping import LONG, TOO_MANY
from pregao.domain.feeds.health import feeds_health, feeds_unsteady
from pregao.domain.feeds.silence import FeedRules
from pregao.flow.ports.refusals import MailBusy
from tests.fakes import CANDLE, a_heartbeat, a_mark, an_operator
from tests.unit.flow.steps.test_feeds import INSTRUMENTS, Desk, Dies

M5, LATE_S = 300, 150
LONG_S = LONG * (M5 + LATE_S)
HOURS = 4
CANDLES = HOURS * 12
AFTER = 14
"""Candles in time after those of a test, till an hour has been whole."""
NO_DATA, BACK = "[Pregão] Sem dados de WIN M5", "[Pregão] WIN M5 voltou após"
FLAPS, STEADY = "[Pregão] WIN M5 oscila", "[Pregão] WIN M5 inteira há uma hora"


class Lossy(Desk):
    """Ana alone; candle k opens at CANDLE + k x 300 s. The `lost` never come; a round runs each minute."""

    def __init__(self):
        super().__init__()
        self.desk = [an_operator("ana")]
        self.mails: list[tuple[int, str]] = []
        """When each came and its subject."""

    def run(self, lost, candles=CANDLES, first=1, m=M5, timeframe="M5"):
        newest, posted = CANDLE + (first - 1) * m, first - 1
        for minute in range(int((CANDLE + (first + 1) * m) // 60), int((CANDLE + (candles + 2) * m) // 60)):
            now = 60 * minute + 5
            while CANDLE + (posted + 2) * m + 2 <= now:
                posted += 1
                if posted not in lost:
                    opened = CANDLE + posted * m
                    before = opened - m
                    self.book.mark(a_mark(opened, before=before, now=opened + m + 2, timeframe=timeframe))
                    newest = opened
            self.step(now)
        return newest

    def step(self, now):
        self.watch(now)
        self.mails += [(now, mail.subject) for mail in self.mailbox.sent[len(self.mails) :]]

    def events(self, event):
        return [one for one in self.records if one["event"] == event]

    def subjects(self, start):
        return [subject for _, subject in self.mails if subject.startswith(start)]


def test_every_other_candle_for_four_hours_was_46_mails_and_is_ten():
    """Two silences and their returns, that it flaps, a digest an hour, and the end."""
    desk, lost = Lossy(), set(range(1, CANDLES + 1, 2))
    desk.run(lost, CANDLES + AFTER)
    told = {start: len(desk.subjects(start)) for start in (NO_DATA, BACK, FLAPS, STEADY)}
    assert told == {NO_DATA: TOO_MANY - 1, BACK: TOO_MANY - 1, FLAPS: 1 + HOURS, STEADY: 1}
    assert len(desk.mails) == sum(told.values())
    assert len(desk.events("silent")) == len(desk.events("recovered")) == len(lost)
    assert Counter(desk.kinds)["silent"] == len(lost), "screens hear of each"
    assert desk.store.feed_states["WIN", "M5"].flapping is None


def test_it_says_how_often_and_which_share():
    desk, lost = Lossy(), set(range(1, CANDLES + 1, 2))
    desk.run(lost, CANDLES + AFTER)
    assert desk.subjects(FLAPS)[:2] == [
        "[Pregão] WIN M5 oscila: 3 silêncios em 29 min; agora um resumo por hora",
        "[Pregão] WIN M5 oscila: 6 silêncios em 1 h 00 min; 6 de 12 velas não vieram a tempo (50 %)",
    ]
    (end,) = desk.events("steady")
    assert (end["silences"], end["missing"]) == (len(lost), len(lost))
    flaps, *digests = [*desk.events("flapping"), *desk.events("flapping_digest")]
    assert flaps["silences"] == TOO_MANY
    assert sum(one["missing"] for one in (flaps, *digests)) == len(lost)
    assert "6 de 12 velas não vieram a tempo (50 %)" in desk.mailbox.sent[5].text


def test_two_silences_in_an_hour_are_told_as_ever_and_so_is_one_each_forty_minutes():
    desk = Lossy()
    desk.run({1, 9, 17, 25, 33})
    assert (len(desk.subjects(NO_DATA)), len(desk.subjects(BACK)), len(desk.mails)) == (5, 5, 10)
    assert desk.events("flapping") == []


def test_a_long_silence_of_one_that_flaps_is_mailed_and_so_is_its_end():
    desk = Lossy()
    desk.run({1, 3, 5, 7, *range(9, 15), 16}, 20)
    (still,) = desk.events("still_silent")
    assert still["since"] == desk.events("silent")[4]["since"]
    said = [subject for _, subject in desk.mails[5:]]
    assert [subject.split(":")[0] for subject in said[:2]] == [
        f"{NO_DATA} há 23 min",
        f"{BACK} 35 min sem dados",
    ]
    assert len(desk.events("silent")) == len(desk.events("recovered")) == 6


def test_a_day_that_ends_while_it_flaps_has_no_digest_of_the_night():
    desk = Lossy()
    close = 88  # candles to the end of the session, the last due is the one before
    newest = desk.run(set(range(close - 12, close, 2)), close, close - 14)
    assert len(desk.subjects(FLAPS)) == 1
    for hour in range(1, 14):
        desk.step(newest + 1200 + 3600 * hour)
    assert len(desk.subjects(FLAPS)) <= 2
    assert desk.events("steady") == []


def test_heartbeats_that_come_and_go_lose_no_candle():
    desk = Lossy()
    for candle in range(1, 25):
        opened = CANDLE + candle * M5
        desk.book.mark(a_mark(opened, before=opened - M5))
        for minute in range(5):
            if candle % 2:
                desk.book.beat(a_heartbeat(), opened + M5 + 60.0 * minute)
            desk.step(opened + M5 + 60.0 * minute + 5)
    told = [*desk.events("flapping"), *desk.events("flapping_digest")]
    assert len(told) == 2
    assert [one["missing"] for one in told] == [0, 0]
    assert told[1]["expected"] == 12


def test_health_and_the_alarm_know_it_for_as_long_as_it_lasts():
    """Between two silences too: an alarm that goes out and on again tells nobody more than once a minute."""
    desk, lost = Lossy(), set(range(1, 12, 2))
    newest = desk.run(lost, 12)
    at = newest + M5 + 30
    found = feeds_health(desk.book.read(), desk.rules, at)
    silent, told = found.silent, found.told
    assert silent == 0
    assert told["feeds"][0]["flapping"] == {"since": CANDLE + M5}
    assert feeds_unsteady(desk.book.read(), desk.rules, at) == 1
    assert feeds_unsteady(desk.book.read(), desk.rules, at + 12 * 3600) == 0, "a night is no silence"
    desk.run(lost, 12 + AFTER, first=13)
    told = feeds_health(desk.book.read(), desk.rules, desk.clock.now).told
    assert told["feeds"][0]["flapping"] is None
    assert feeds_unsteady(desk.book.read(), desk.rules, desk.clock.now) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_dies_while_it_is_told_is_followed_by_somebody_who_tells_it_once(when):
    desk = Lossy()
    desk.run({1, 3}, 4)
    third = CANDLE + 5 * M5 + M5 + LATE_S
    desk.step(third)
    getattr(desk.store.faults, when)("settle", Dies())
    with pytest.raises(Dies):
        desk.step(third + 60)
    for minute in range(2, 6):
        desk.step(third + 60 * minute)
    assert len(desk.events("flapping")) == 1
    assert {one["id"] for one in desk.frames if one["kind"] == "flapping"} == {
        desk.events("flapping")[0]["id"]
    }


def test_a_busy_mailbox_is_asked_again_that_it_flaps():
    desk = Lossy()
    desk.run({1, 3}, 4)
    third = CANDLE + 5 * M5 + M5 + LATE_S
    desk.step(third)
    desk.mailbox.faults.before("send", MailBusy("Throttling"))
    with pytest.raises(ExceptionGroup):
        desk.step(third + 60)
    assert desk.subjects(FLAPS) == []
    desk.step(third + 120)
    assert len(desk.subjects(FLAPS)) == 1


def test_m1_is_bounded_too():
    """Its silences last for seconds: not every round sees one."""
    desk = Lossy()
    desk.rules = FeedRules(INSTRUMENTS, ignore=frozenset({("WIN", "M5")}))
    lost = {one for one in range(1, HOURS * 60) if one % 7 not in (0, 1)}
    desk.run(lost, HOURS * 60, m=60, timeframe="M1")
    assert len(desk.mails) <= 2 * (TOO_MANY - 1) + 1 + HOURS


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_lost_long_silences_are_mailed_and_mails_are_few(seed):
    dice = random.Random(seed)
    share, run = dice.uniform(0.05, 0.7), dice.choice([1, 1, 2, 6])
    begins = [one for one in range(1, CANDLES - 7) if dice.random() < share / run]
    lost = {begin + more for begin in begins for more in range(run)}
    desk = Lossy()
    desk.run(lost, CANDLES + AFTER)
    silences = silent_spells(lost)
    assert [one["since"] for one in desk.events("silent")] == [stamp(since) for since, _ in silences]
    assert len(desk.events("recovered")) == len(silences)
    for since, until in silences:
        told = [at for at, subject in desk.mails if subject.startswith(NO_DATA) and since < at < until + 60]
        assert told or until - since < LONG_S + 60, "a long silence is mailed"
    times = [at for at, _ in desk.mails]
    most = max((sum(start <= at < start + 3600 for at in times) for start in times), default=0)
    assert most <= 2 * 3 + 2, "no more than three silences and their ends, a digest, and the end in an hour"
    if desk.events("flapping"):
        told = [one for one in desk.records if one["event"] in ("flapping", "flapping_digest")]
        (*_, end) = desk.events("steady")
        last = [one for one in told if one["noticed_at"] < end["noticed_at"]]
        assert sum(one["missing"] for one in last) <= len(lost)
        assert all(one["missing"] <= one["expected"] for one in told)


def silent_spells(lost):
    """Return of each row of lost candles when the first opened, and when the next that came was there."""
    rows, opened = [], None
    for candle in range(1, CANDLES + AFTER + 1):
        if candle in lost and opened is None:
            opened = candle
        if candle not in lost and opened is not None:
            rows.append((CANDLE + opened * M5, CANDLE + (candle + 1) * M5 + 2))
            opened = None
    return rows
