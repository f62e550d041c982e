"""The story of flow/steps/feeds: a feed that falls silent rings once, and once again when it is back."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import replace
from datetime import time

import pytest

from pregao.config.reader import load
from pregao.domain.audit.chain import ALERTAS, broken_at
from pregao.domain.delivery.duty import Duty, Quiet
from pregao.domain.delivery.operators import Interest
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.feeds.silence import FeedRules
from pregao.domain.feeds.state import TELLING_S
from pregao.flow.ports.refusals import Contended, MailBusy, MailRefused
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import GIVE_UP_S, Feeding, watch_feeds
from pregao.flow.steps.in_time import Failures
from tests.cloud import ROOT
from tests.fakes import (
    CANDLE,
    PLENTY,
    AtOnce,
    Clock,
    FakeFeedBook,
    FakeMailbox,
    FakeScreens,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    a_heartbeat,
    a_mark,
    an_operator,
)
from tests.published import problems

CONFIG = load(ROOT / "config")
INSTRUMENTS = {name: CONFIG.instrument_for(name) for name in CONFIG.instruments}
LATE = CANDLE + 300 + 300 + 150
"""When the candle after CANDLE is late."""


class Dies(BaseException):
    """The function is no more."""


class Desk:
    """Ana with a screen, Bruno (English) with none; WIN M5 came up to CANDLE."""

    def __init__(self):
        self.store, self.clock, self.screens = Store(), Clock(CANDLE + 301.0), FakeScreens()
        self.book, self.mailbox, self.pauses = FakeFeedBook(self.store), FakeMailbox(), []
        self.rules = FeedRules(INSTRUMENTS)
        self.desk = [an_operator("ana"), an_operator("bruno", language="en")]
        self.screens.watch("a1", "ana")
        self.book.mark(a_mark(CANDLE))
        self.watch()

    def watch(self, at=None):
        self.clock.now = self.clock.now if at is None else at
        failures = Failures()
        told = watch_feeds(
            Feeding(
                book=self.book,
                rules=self.rules,
                channels=Channels(
                    operators=self.desk,
                    screens=self.screens,
                    pool=AtOnce(),
                    mailbox=self.mailbox,
                    suppressions=FakeSuppressions(self.store),
                    unreached=FakeUnreachedBook(self.store),
                    mail_from="pregao@mesa.example",
                ),
                pause=self.pauses.append,
                clock=self.clock,
            ),
            PLENTY,
            failures,
        )
        failures.tell("not all")
        return [one.kind.value for one in told]

    @property
    def frames(self):
        frames = [json.loads(raw) for _, raw in self.screens.frames]
        assert all(problems("socket-server-v1", one) == [] for one in frames)
        return frames

    @property
    def kinds(self):
        return [one["kind"] for one in self.frames]

    @property
    def records(self):
        chain = [one for (_, name), some in self.store.chains.items() for one in some if "feed" in name]
        assert broken_at(chain) is None
        return [one["feed"] for one in chain]


@pytest.fixture
def desk():
    return Desk()


def test_the_first_sight_of_a_feed_tells_nobody(desk):
    assert desk.frames == []
    assert desk.records == []
    assert desk.store.feed_states["WIN", "M5"].contract == "WINZ26"


def test_a_feed_in_time_changes_nothing(desk):
    before = dict(desk.store.feed_states)
    assert desk.watch(LATE - 1) == []
    assert desk.store.feed_states == before


class TestSilent:
    def test_it_rings_once_on_screens_by_mail_and_in_the_audit(self, desk):
        assert desk.watch(LATE) == ["silent"]
        for minute in range(1, 30):
            assert desk.watch(LATE + 60 * minute) == []
        (frame,) = desk.frames
        assert (frame["instrument"], frame["timeframe"], frame["symbol"]) == ("WIN", "M5", "WIN$N")
        assert (frame["since"], frame["at"], frame["cause"]) == (CANDLE + 300, LATE, "bridge_silent")
        assert {mail.to for mail in desk.mailbox.sent} == {"ana@mesa.example", "bruno@mesa.example"}
        (record,) = desk.records
        assert (record["event"], record["id"], record["cause"]) == ("silent", frame["id"], "bridge_silent")

    def test_the_mail_says_it_in_both_languages(self, desk):
        desk.book.beat(a_heartbeat(terminal={"condition": "broker_lost", "detail": "code -10005"}), LATE)
        desk.watch(LATE)
        ana, bruno = desk.mailbox.sent
        assert ana.subject == (
            "[Pregão] Sem dados de WIN M5 há 8 min: o terminal não está conectado à corretora"
        )
        assert bruno.subject == (
            "[Pregão] No data from WIN M5 for 8 min: the terminal is not connected to the broker"
        )
        for mail in (ana, bruno):
            assert "code -10005" in mail.text
            assert "code -10005" in mail.html
        assert desk.frames[0]["detail"] == "code -10005"
        assert "code -10005" not in repr(desk.records)

    def test_who_is_not_concerned_hears_nothing(self, desk):
        desk.desk = [an_operator("ana", interest=Interest(("WDO",))), an_operator("bruno")]
        desk.screens.watch("b1", "bruno", Interest(("DOL",)))
        desk.screens.watch("b2", "bruno", Interest(("WIN$N",)))
        desk.screens.watch("x1", "stranger")
        desk.watch(LATE)
        assert [one for one, _ in desk.screens.frames] == ["b2"]
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno"]

    def test_a_pattern_or_severity_that_somebody_wants_alone_is_no_reason_not_to_tell(self, desk):
        desk.desk = [an_operator("ana", interest=Interest(("WIN",), ("engulfing",)))]
        desk.watch(LATE)
        assert (len(desk.frames), len(desk.mailbox.sent)) == (1, 1)

    def test_no_mail_off_duty_or_to_a_bad_address(self, desk):
        always_quiet = Duty(quiet=(Quiet(time(0), time(23, 59)),))
        desk.desk = [an_operator("ana", duty=always_quiet), an_operator("bruno")]
        bad = Suppression(address_key("bruno@mesa.example"), "bruno", "bounced", 0.0)
        FakeSuppressions(desk.store).add(bad)
        assert desk.watch(LATE) == ["silent"]
        assert desk.mailbox.sent == []
        assert desk.kinds == ["silent"]
        assert [(one.operator, one.cause) for one in desk.store.unreached.values()] == [
            ("bruno", "suppressed")
        ]

    def test_several_at_once_are_one_mail_and_a_frame_each(self, desk):
        for timeframe, newest in (("M1", CANDLE + 240), ("M15", CANDLE - 900)):
            desk.book.mark(a_mark(newest, timeframe=timeframe, before=None))
        desk.watch(CANDLE + 302.0)
        assert sorted(desk.watch(CANDLE + 1800 + 450)) == ["silent"] * 3
        assert len(desk.frames) == 3
        assert len(desk.mailbox.sent) == 2
        assert "3 séries: o bridge não dá sinal" in desk.mailbox.sent[0].subject
        assert all(f"WIN {one} · WINZ26" in desk.mailbox.sent[0].html for one in ("M1", "M5", "M15"))

    def test_one_that_is_expected_and_never_came(self, desk):
        desk.rules = FeedRules(INSTRUMENTS, expect={("WDO", "M5"): None})
        desk.book.mark(a_mark(CANDLE + 300))
        assert desk.watch(CANDLE + 752.0) == ["silent"]
        frame = desk.frames[0]
        assert (frame["instrument"], frame["contract"], frame["symbol"]) == ("WDO", "WDOZ26", "WDO")
        desk.book.mark(a_mark(CANDLE + 600, instrument="WDO", symbol="WDO$N", contract="WDOZ26", before=None))
        assert desk.watch(CANDLE + 910.0) == ["recovered"]
        assert desk.watch(CANDLE + 970.0) == []


class TestRecovered:
    def silent(self, desk):
        desk.watch(LATE)
        desk.screens.frames.clear()
        desk.mailbox.sent.clear()

    def test_it_rings_once_with_how_long_it_took(self, desk):
        self.silent(desk)
        desk.book.mark(a_mark(CANDLE + 900, before=CANDLE))
        assert desk.watch(CANDLE + 1205.0) == ["recovered"]
        assert desk.watch(CANDLE + 1206.0) == []
        (frame,) = desk.frames
        assert (frame["since"], frame["at"], frame["filled"]) == (CANDLE + 300, CANDLE + 1205, "whole")
        assert desk.mailbox.sent[0].subject == (
            "[Pregão] WIN M5 voltou após 15 min sem dados: nenhuma vela faltou"
        )
        assert desk.mailbox.sent[1].subject.startswith("[Pregão] WIN M5 is back after 15 min without data")
        assert [one["event"] for one in desk.records] == ["silent", "recovered"]

    def test_by_backfill(self, desk):
        self.silent(desk)
        desk.book.mark(a_mark(CANDLE + 1200, before=CANDLE, historical=True))
        desk.book.mark(a_mark(CANDLE + 1500, before=CANDLE + 1200))
        desk.watch(CANDLE + 1805.0)
        assert desk.frames[0]["filled"] == "backfilled"
        assert "vieram depois, sem alertas" in desk.mailbox.sent[0].subject

    def test_or_without_the_candles_between(self, desk):
        self.silent(desk)
        desk.book.mark(a_mark(CANDLE + 1500))
        desk.watch(CANDLE + 1805.0)
        assert desk.frames[0]["filled"] == "missing"
        assert "ainda não vieram" in desk.mailbox.sent[0].subject

    def test_a_late_candle_that_is_not_the_newest_does_not_end_it(self, desk):
        self.silent(desk)
        desk.book.mark(a_mark(CANDLE + 300))
        assert desk.watch(CANDLE + 1206.0) == []

    def test_a_second_silence_rings_anew(self, desk):
        self.silent(desk)
        desk.book.mark(a_mark(CANDLE + 900, before=CANDLE))
        desk.watch(CANDLE + 1205.0)
        assert desk.watch(CANDLE + 1650.0) == ["silent"]
        assert desk.kinds == ["recovered", "silent"]
        assert len({one["id"] for one in desk.records}) == 3

    def test_the_night_neither_ends_it_nor_repeats_it(self, desk):
        self.silent(desk)
        for hour in range(1, 40):
            assert desk.watch(LATE + 3600 * hour) == []

    def test_a_mute_bridge_is_no_recovery_at_the_close(self, desk):
        close = CANDLE + 7 * 3600 + 1500  # 18:25 at the exchange
        desk.book.mark(a_mark(close - 600, before=None))
        desk.book.beat(a_heartbeat(), close - 300)
        assert desk.watch(close - 120) == ["silent"]
        desk.book.mark(a_mark(close - 300))
        assert desk.watch(close + 30) == []
        desk.book.beat(a_heartbeat(), close + 60)
        assert desk.watch(close + 61) == ["recovered"]


class TestRolled:
    def test_a_frame_and_a_record_once_and_no_mail(self, desk):
        desk.book.mark(a_mark(CANDLE + 300, contract="WING27"))
        assert desk.watch(CANDLE + 602.0) == ["rolled"]
        assert desk.watch(CANDLE + 660.0) == []
        (frame,) = desk.frames
        assert (frame["previous"], frame["contract"], frame["cause"]) == ("WINZ26", "WING27", None)
        (record,) = desk.records
        assert (record["event"], record["previous"]) == ("rolled", "WINZ26")
        assert desk.mailbox.sent == []

    def test_a_second_bridge_that_is_late_to_roll_does_not_roll_it_back(self, desk):
        for at, contract in ((300, "WING27"), (300, "WINZ26"), (300, "WING27")):
            desk.book.mark(a_mark(CANDLE + at, contract=contract))
            desk.watch(CANDLE + 602.0)
        assert desk.kinds == ["rolled"]

    def test_rolled_and_silent_are_told_one_after_the_other(self, desk):
        desk.book.mark(a_mark(CANDLE + 300, contract="WING27"))
        assert desk.watch(LATE + 300) == ["rolled"]
        assert desk.watch(LATE + 360) == ["silent"]


class TestSetAside:
    """Candles that cannot be, kept by the bridge: told once, never taken for silence."""

    def beat(self, desk, at, count, newest, bridge="mesa-1"):
        aside = {"count": count, "newest": newest, "reason": "high 1.0 is below low 2.0"} if count else None
        desk.book.beat(a_heartbeat(bridge_id=bridge, feed={"set_aside": aside}), at)

    def test_each_is_told_once(self, desk):
        self.beat(desk, CANDLE + 360.0, 1, CANDLE + 300)
        assert desk.watch(CANDLE + 361.0) == ["set_aside"]
        assert desk.watch(CANDLE + 421.0) == []
        self.beat(desk, CANDLE + 700.0, 2, CANDLE + 600)
        assert desk.watch(CANDLE + 701.0) == ["set_aside"]
        assert desk.watch(CANDLE + 761.0) == []
        assert [(one["since"], one["count"]) for one in desk.frames] == [(CANDLE + 300, 1), (CANDLE + 600, 1)]
        assert desk.frames[0]["detail"] == "high 1.0 is below low 2.0"
        assert desk.mailbox.sent == []
        assert [(one["event"], one["candles"]) for one in desk.records] == [("set_aside", 1)] * 2
        assert "below" not in repr(desk.records)

    def test_of_older_ones_that_come_later_too(self, desk):
        self.beat(desk, CANDLE + 360.0, 1, CANDLE)
        desk.watch(CANDLE + 361.0)
        self.beat(desk, CANDLE + 380.0, 4, CANDLE)
        assert desk.watch(CANDLE + 381.0) == ["set_aside"]
        assert desk.frames[-1]["count"] == 3

    def test_one_that_two_bridges_set_aside_is_one(self, desk):
        desk.book.mark(a_mark(CANDLE + 300))
        for bridge in ("mesa-1", "mesa-2"):
            self.beat(desk, CANDLE + 360.0, 1, CANDLE, bridge)
            desk.watch(CANDLE + 361.0)
        assert desk.kinds == ["set_aside"]

    def test_what_was_posted_after_all_is_forgotten_and_rings_anew_if_it_comes_back(self, desk):
        for count, told in ((1, ["set_aside"]), (0, []), (1, ["set_aside"])):
            self.beat(desk, CANDLE + 360.0, count, CANDLE)
            assert desk.watch(CANDLE + 361.0) == told
            assert desk.watch(CANDLE + 362.0) == []

    def test_a_few_of_them_are_no_silence(self, desk):
        for candles in (1, 2, 3):
            opened = CANDLE + 300 * candles
            self.beat(desk, opened + 310.0, candles, opened)
            assert desk.watch(LATE + 300 * (candles - 1)) == ["set_aside"]
        opened = CANDLE + 1200
        self.beat(desk, opened + 310.0, 4, opened)
        assert desk.watch(LATE + 900) == ["silent"]
        assert (desk.frames[-1]["cause"], desk.frames[-1]["since"]) == ("set_aside", CANDLE + 300)

    def test_the_first_of_a_session_neither(self, desk):
        desk.book.mark(a_mark(CANDLE + 7 * 3600 + 1200, before=None))
        opened = CANDLE + 22 * 3600  # 9:00 at the exchange
        self.beat(desk, opened + 310.0, 1, opened)
        assert desk.watch(opened + 450) == ["set_aside"]

    def test_but_a_bridge_that_says_nothing_of_them_is_silent(self, desk):
        self.beat(desk, CANDLE + 610.0, 1, CANDLE)
        assert desk.watch(LATE) == ["silent"]


class TestFaults:
    def test_of_two_rounds_at_once_one_rings(self, desk):
        """The other read the feeds before the first one committed."""
        desk.clock.now = LATE
        twin, told = desk.book.read(), []
        read = desk.book.read

        def both():
            desk.book.read = read
            told.append(desk.watch())
            return twin

        desk.book.read = both
        told.append(desk.watch())
        assert told == [["silent"], []]
        assert (desk.kinds, len(desk.mailbox.sent), len(desk.records)) == (["silent"], 2, 1)

    def test_a_round_that_comes_while_another_tells_leaves_it_to_that_one(self, desk):
        desk.store.faults.after("change", Dies())
        with pytest.raises(Dies):
            desk.watch(LATE)
        assert desk.watch(LATE + TELLING_S - 1) == []
        assert desk.frames == []

    @pytest.mark.parametrize(
        ("when", "call"), [("after", "change"), ("before", "settle"), ("after", "settle")]
    )
    def test_who_dies_is_followed_by_somebody_who_tells(self, desk, when, call):
        """Dead after the mark, while telling, before and after it is forgotten: told, on record once."""
        getattr(desk.store.faults, when)(call, Dies())
        with pytest.raises(Dies):
            desk.watch(LATE)
        for minute in (1, 2, 3):
            desk.watch(LATE + 60 * minute)
        assert {one["id"] for one in desk.frames} == {one["id"] for one in desk.records}
        assert len(desk.records) == 1
        assert len(desk.mailbox.sent) == (4 if (when, call) == ("before", "settle") else 2)

    def test_who_dies_before_the_mark_has_told_nobody(self, desk):
        desk.store.faults.before("change", Dies())
        with pytest.raises(Dies):
            desk.watch(LATE)
        assert (desk.frames, desk.records) == ([], [])
        assert desk.watch(LATE + 60) == ["silent"]

    def test_a_chain_that_moves_is_read_again(self, desk):
        desk.store.faults.before("change", Contended(), Contended())
        assert desk.watch(LATE) == ["silent"]
        assert desk.pauses == [1, 2]

    def test_recovery_survives_a_death_too(self, desk):
        desk.watch(LATE)
        desk.book.mark(a_mark(CANDLE + 900, before=CANDLE))
        desk.store.faults.after("change", Dies())
        with pytest.raises(Dies):
            desk.watch(CANDLE + 1205.0)
        assert desk.watch(CANDLE + 1265.0) == ["recovered"]
        assert desk.kinds == ["silent", "recovered"]

    def test_a_busy_provider_is_asked_again_for_those_it_refused_alone(self, desk):
        desk.mailbox.faults.before("send", MailBusy("Throttling"))
        with pytest.raises(ExceptionGroup) as told:
            desk.watch(LATE)
        assert told.group_contains(MailBusy)
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno"]
        assert desk.watch(LATE + 60) == ["silent"]
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno", "ana"]
        assert desk.watch(LATE + 120) == []
        assert len({one["id"] for one in desk.frames}) == 1

    def test_but_not_for_ever(self, desk):
        desk.mailbox.faults.before("send", *[MailBusy("Throttling")] * 99)
        for minute in range(GIVE_UP_S // 60 + 1):
            with pytest.raises(ExceptionGroup):
                desk.watch(LATE + 60 * minute)
        assert desk.watch(LATE + GIVE_UP_S + 60) == []

    def test_a_silence_that_is_over_is_not_mailed_any_more(self, desk):
        """Ana's mailbox was busy; when it is asked again the feed is back: she reads that alone."""
        desk.mailbox.faults.before("send", MailBusy("Throttling"))
        with contextlib.suppress(Exception):
            desk.watch(LATE)
        desk.book.mark(a_mark(CANDLE + 600))
        assert desk.watch(LATE + 160) == ["recovered"]
        told = [(mail.operator, mail.subject.split(": ")[0]) for mail in desk.mailbox.sent]
        assert told == [
            ("bruno", "[Pregão] No data from WIN M5 for 8 min"),
            ("ana", "[Pregão] WIN M5 voltou após 10 min sem dados"),
            ("bruno", "[Pregão] WIN M5 is back after 10 min without data"),
        ]
        assert [one["event"] for one in desk.records] == ["silent", "recovered"]
        assert desk.watch(LATE + 220) == []

    def test_nor_a_return_when_it_is_silent_again(self, desk):
        desk.watch(LATE)
        desk.book.mark(a_mark(CANDLE + 600))
        desk.mailbox.faults.before("send", MailBusy("Throttling"))
        with contextlib.suppress(Exception):
            desk.watch(CANDLE + 901.0)
        assert desk.watch(LATE + 900) == ["silent"]
        last = [mail.subject for mail in desk.mailbox.sent if mail.operator == "ana"][-1]
        assert last.startswith("[Pregão] Sem dados de WIN M5")
        assert [one["event"] for one in desk.records] == ["silent", "recovered", "silent"]

    def test_a_mail_that_is_never_taken_stops_nobody(self, desk):
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        assert desk.watch(LATE) == ["silent"]
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno"]
        assert desk.watch(LATE + 60) == []
        (unreached,) = desk.store.unreached.values()
        assert (unreached.operator, unreached.cause, unreached.since) == ("ana", "refused", LATE)


def test_nobody_is_named_in_the_audit(desk):
    desk.watch(LATE)
    desk.desk = [replace(one, name="Somebody Else") for one in desk.desk]
    assert "mesa.example" not in repr(desk.store.records[ALERTAS])


class TestIsolation:
    def test_a_feed_whose_change_cannot_be_written_leaves_the_others(self, desk):
        for timeframe in ("M15", "M30"):
            desk.book.mark(a_mark(CANDLE, timeframe=timeframe))
        desk.watch(CANDLE + 302.0)
        desk.store.faults.before("change", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.watch(CANDLE + 7200.0)
        assert len(desk.records) == 2
        assert desk.watch(CANDLE + 7260.0) == ["silent"]

    def test_an_address_that_cannot_be_looked_up_leaves_the_others(self, desk, monkeypatch):
        find = FakeSuppressions.find

        def once(book, key):
            monkeypatch.setattr(FakeSuppressions, "find", find)
            raise ConnectionError

        monkeypatch.setattr(FakeSuppressions, "find", once)
        with pytest.raises(ExceptionGroup):
            desk.watch(LATE)
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno"]
        assert desk.watch(LATE + 60) == ["silent"]
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno", "ana"]

    def test_an_e_mail_that_is_out_is_not_sent_again_when_the_next_is_not_taken(self, desk):
        """One feed falls silent and another is back in the same minute: two e-mails to each."""
        desk.book.mark(a_mark(CANDLE, timeframe="M15"))
        desk.watch(CANDLE + 302.0)
        desk.watch(CANDLE + 1800.0)
        desk.book.mark(a_mark(CANDLE + 1800, before=CANDLE))
        desk.mailbox.sent.clear()
        send, calls = desk.mailbox.send, []

        def second_is_busy(mail):
            calls.append(mail)
            if len(calls) == 2:
                raise MailBusy("Throttling")
            return send(mail)

        desk.mailbox.send = second_is_busy
        with pytest.raises(ExceptionGroup):
            desk.watch(CANDLE + 2255.0)
        desk.watch(CANDLE + 2315.0)
        told = Counter((mail.operator, mail.subject) for mail in desk.mailbox.sent)
        assert set(told.values()) == {1}
        assert len(told) == 4
