"""The port AdmissionBook: one transaction per judgement, verdicts with reasons, a chain without a gap."""

from __future__ import annotations

import pytest

from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.alerts.price_level import Crossing
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.audit.chain import ALERTAS, GENESIS, Tail, broken_at, close_record, link
from pregao.flow.ports.delivery import Kept
from pregao.flow.ports.refusals import Contended, Refused
from tests.cloud import AUDIT, moto_dynamo, moto_world
from tests.fakes import CANDLE, NOW, a_level_alert, admitted, an_alert, an_entry

RULES = AdmissionRules()
DAY = 86_400
FAR = 10_000.0  # points: another price band


def commit(world, alert, verdict=Verdict.ADMITTED, rules=RULES, now=NOW):
    entry = an_entry(world.admission.head(alert.contract, now), alert, verdict, now)
    world.admission.commit(entry, rules, now)
    return entry.alert


def refusal(world, alert, rules=RULES, now=NOW):
    with pytest.raises(Refused) as caught:
        commit(world, alert, rules=rules, now=now)
    return caught.value


class TestOwnLevels:
    """An operator's level has a token of its own: once since it was armed, however long ago that was."""

    def test_two_levels_on_one_candle_are_both_admitted(self, world):
        assert [commit(world, a_level_alert(level=one * 16)).seq for one in "ab"] == [1, 2]
        assert commit(world, an_alert()).seq == 3  # and no token of another pattern is taken

    def test_it_rings_once_since_it_was_armed(self, world):
        commit(world, a_level_alert())
        later = a_level_alert(CANDLE + 20 * DAY)
        assert refusal(world, later, now=NOW + 20 * DAY).judgement.verdict is Verdict.RATE_LIMITED
        assert commit(world, a_level_alert(CANDLE + 300, since=CANDLE + 1.5)).seq == 2

    def test_that_it_rolled_is_told_though_it_rang(self, world):
        commit(world, a_level_alert())
        assert commit(world, a_level_alert(CANDLE + 300, crossing=Crossing.ROLLED)).seq == 2


class TestFirstSighting:
    def test_is_admitted_with_number_one(self, world):
        assert commit(world, an_alert()).seq == 1
        assert world.admission.head("WINZ26", NOW).seq == 1

    def test_numbers_count_per_contract_without_a_gap(self, world):
        later = [an_alert(CANDLE + 300 * n) for n in range(3)]
        assert [commit(world, alert).seq for alert in later] == [1, 2, 3]
        assert commit(world, an_alert(contract="WDOZ26")).seq == 1

    def test_stands_in_the_feed_as_it_was(self, world):
        alert = commit(world, an_alert(price=0.1 + 0.2, tick_size=0.00001))
        assert world.alert_log.find(alert.id) == alert

    def test_refused_alerts_take_no_number(self, world):
        commit(world, an_alert(), Verdict.MUTED)
        assert world.admission.head("WINZ26", NOW).seq == 0
        assert commit(world, an_alert(CANDLE + 300)).seq == 1


class TestDuplicate:
    def test_same_id_is_refused_and_nothing_written(self, world):
        first = commit(world, an_alert())
        refused = refusal(world, an_alert())
        assert refused.judgement.verdict is Verdict.DUPLICATE
        assert "admitted" in refused.judgement.reason
        assert len(world.records("alertas")) == 1
        assert world.alert_log.since("WINZ26", 0, 10) == [Kept(first)]

    def test_hands_back_the_alert_that_was_never_delivered(self, world):
        first = commit(world, an_alert())
        assert refusal(world, an_alert(now=NOW + 60)).unfinished == first

    def test_hands_it_back_while_somebody_delivers_it(self, world):
        first = commit(world, an_alert())
        assert world.delivery.begin(first, [], world.delivery.tail("WINZ26", NOW), NOW, 30)
        assert refusal(world, an_alert()).unfinished == first

    def test_hands_nothing_back_once_it_is_delivered(self, world):
        first = commit(world, an_alert())
        world.delivery.begin(first, [], world.delivery.tail("WINZ26", NOW), NOW, 30)
        world.delivery.finish(first, [], world.delivery.tail("WINZ26", NOW))
        assert refusal(world, an_alert()).unfinished is None

    def test_same_id_ever_also_days_later(self, world):
        commit(world, an_alert())
        assert refusal(world, an_alert(), now=NOW + 90 * DAY).judgement.verdict is Verdict.DUPLICATE

    def test_a_refused_id_is_judged_once(self, world):
        commit(world, an_alert(), Verdict.STALE)
        refused = refusal(world, an_alert())
        assert refused.judgement.verdict is Verdict.DUPLICATE
        assert "stale" in refused.judgement.reason
        assert refused.unfinished is None

    def test_recording_a_duplicate_leaves_the_first_claim_alone(self, world):
        first = commit(world, an_alert())
        commit(world, an_alert(), Verdict.DUPLICATE)
        assert refusal(world, an_alert()).unfinished == first
        assert world.alert_log.find(first.id) == first
        assert world.claims() == 1


class TestSimilar:
    @pytest.mark.parametrize("apart", [-119, -60, 60, 119])
    def test_within_the_window_of_candle_time_both_ways_is_a_duplicate(self, world, apart):
        commit(world, an_alert())
        refused = refusal(world, an_alert(CANDLE + apart))
        assert refused.judgement.verdict is Verdict.DUPLICATE
        assert refused.unfinished is None

    @pytest.mark.parametrize("apart", [-120, 120])
    def test_outside_the_window_is_admitted(self, world, apart):
        commit(world, an_alert())
        assert commit(world, an_alert(CANDLE + apart)).seq == 2

    def test_the_window_is_not_measured_by_the_clock(self, world):
        commit(world, an_alert())
        assert refusal(world, an_alert(CANDLE + 60), now=NOW + DAY).judgement.verdict is Verdict.DUPLICATE

    def test_the_other_side_is_not_similar(self, world):
        commit(world, an_alert())
        other = an_alert(CANDLE + 60, direction=Direction.SHORT)
        assert commit(world, other).seq == 2

    @pytest.mark.parametrize("ticks", [-9, -1, 1, 9])
    @pytest.mark.parametrize("base", [131_250.0, 131_295.0], ids=["first", "last"])
    def test_less_than_a_band_apart_is_similar_also_across_a_bands_border(self, world, base, ticks):
        """The band's first and last prices: a tick away on one side is another band."""
        first = commit(world, an_alert(price=base))
        refused = refusal(world, an_alert(CANDLE + 60, price=base + 5 * ticks))
        assert refused.judgement.verdict is Verdict.DUPLICATE
        assert first.id in refused.judgement.reason

    @pytest.mark.parametrize("ticks", [-11, -10, 10, 19])
    @pytest.mark.parametrize("base", [131_250.0, 131_255.0, 131_295.0])
    def test_a_band_apart_is_not(self, world, base, ticks):
        commit(world, an_alert(price=base))
        assert commit(world, an_alert(CANDLE + 60, price=base + 5 * ticks)).seq == 2

    @pytest.mark.parametrize("apart", [-120, 120])
    def test_what_stands_beside_has_its_window_too(self, world, apart):
        commit(world, an_alert())
        assert commit(world, an_alert(CANDLE + apart, price=131_245.0)).seq == 2

    def test_its_id_is_judged_once_also_when_the_window_has_moved_on(self, world):
        commit(world, an_alert())
        similar = an_alert(CANDLE + 60)
        refusal(world, similar)
        commit(world, similar, Verdict.DUPLICATE)
        commit(world, an_alert(CANDLE + 180))
        assert "duplicate" in refusal(world, similar).judgement.reason


class TestRateLimit:
    def test_second_of_the_pattern_within_a_minute(self, world):
        commit(world, an_alert())
        refused = refusal(world, an_alert(CANDLE + 59, price=131_250.0 + FAR))
        assert refused.judgement.verdict is Verdict.RATE_LIMITED

    def test_a_minute_later_is_admitted(self, world):
        commit(world, an_alert())
        assert commit(world, an_alert(CANDLE + 60, price=131_250.0 + FAR)).seq == 2

    def test_other_patterns_and_contracts_have_their_own(self, world):
        commit(world, an_alert())
        assert commit(world, an_alert(pattern=Pattern.ENGULFING)).seq == 2
        assert commit(world, an_alert(contract="WDOZ26", price=5_300.0)).seq == 1

    def test_a_refused_alert_takes_no_token(self, world):
        commit(world, an_alert(), Verdict.MUTED)
        assert commit(world, an_alert(CANDLE + 30)).seq == 1


class TestQueueFull:
    RULES = AdmissionRules(queue_limit=2)

    def fill(self, world, now=NOW):
        return [
            admitted(world.admission, an_alert(CANDLE + 300 * n, now=now), self.RULES, now) for n in range(2)
        ]

    def test_beyond_the_limit_is_refused(self, world):
        self.fill(world)
        refused = refusal(world, an_alert(CANDLE + 900), self.RULES)
        assert refused.judgement.verdict is Verdict.QUEUE_FULL
        assert "2 alerts" in refused.judgement.reason

    def test_a_hundred_may_wait(self):
        assert AdmissionRules().queue_limit == 100

    def test_a_finished_delivery_frees_a_place(self, world):
        first, _ = self.fill(world)
        world.delivery.begin(first, [], world.delivery.tail("WINZ26", NOW), NOW, 30)
        world.delivery.finish(first, [], world.delivery.tail("WINZ26", NOW))
        assert commit(world, an_alert(CANDLE + 900), rules=self.RULES).seq == 3

    def test_places_that_outlived_their_alerts_are_given_back(self, world):
        self.fill(world)
        late, alert = NOW + 301, an_alert(CANDLE + 900, now=NOW + 301)
        with pytest.raises(Contended):  # swept: read again and repeat
            commit(world, alert, rules=self.RULES, now=late)
        assert commit(world, alert, rules=self.RULES, now=late).seq == 3

    def test_a_duplicate_is_called_a_duplicate_also_when_the_queue_is_full(self, world):
        self.fill(world)
        assert refusal(world, an_alert(), self.RULES).judgement.verdict is Verdict.DUPLICATE


class TestConflict:
    def test_a_head_that_moved_is_contended_and_nothing_is_written(self, world):
        head = world.admission.head("WINZ26", NOW)
        commit(world, an_alert())
        late = an_entry(head, an_alert(CANDLE + 300))
        with pytest.raises(Contended):
            world.admission.commit(late, RULES, NOW)
        assert len(world.records("alertas")) == 1
        assert world.claims() == 1
        assert world.alert_log.find(late.alert.id) is None
        assert commit(world, an_alert(CANDLE + 300)).seq == 2  # no token was taken

    def test_also_a_refusals_record_waits_its_turn(self, world):
        head = world.admission.head("WINZ26", NOW)
        commit(world, an_alert())
        with pytest.raises(Contended):
            world.admission.commit(an_entry(head, an_alert(CANDLE + 300), Verdict.MUTED), RULES, NOW)
        assert world.claims() == 1


class TestChain:
    def test_is_contiguous_whatever_the_verdict(self, world):
        for n, verdict in enumerate(Verdict):
            commit(world, an_alert(CANDLE + 300 * n), verdict)
        records = world.records("alertas")
        assert [int(record["seq"]) for record in records] == list(range(1, len(Verdict) + 1))
        assert [record["verdict"] for record in records] == [verdict.value for verdict in Verdict]
        assert records[0]["prev_hash"] == GENESIS
        assert broken_at(records) is None

    def test_odd_numbers_survive_the_store(self, world):
        reason = {"z": 0.1 + 0.2, "tiny": 1e-17, "big": 1e23, "whole": 2.0, "count": 2**62, "zero": -0.0}
        commit(world, an_alert(reason={**reason, "word": "", "none_at_all": 0}, confidence=1 / 3))
        assert broken_at(world.records("alertas")) is None

    def test_a_new_utc_day_has_a_chain_of_its_own_and_the_numbers_go_on(self, world):
        commit(world, an_alert())
        commit(world, an_alert(CANDLE + DAY), now=NOW + DAY)
        first, second = world.records("alertas")
        assert (first["chain"], second["chain"]) == ("WINZ26#2026-11-23", "WINZ26#2026-11-24")
        assert second["seq"] == 1
        assert second["prev_hash"] == first["prev_hash"] == GENESIS
        assert [first["cursor"], second["cursor"]] == [1, 2]
        assert world.admission.head("WINZ26", NOW + DAY).seq == 2

    def test_clocks_that_disagree_at_midnight_number_on(self, world):
        midnight = NOW - NOW % DAY + DAY
        for n, now in enumerate([midnight - 2, midnight + 1, midnight - 1, midnight + 2]):
            commit(world, an_alert(CANDLE + 300 * n), now=now)
        records = sorted(world.records("alertas"), key=lambda one: (one["chain"], one["seq"]))
        assert sorted(record["cursor"] for record in records) == [1, 2, 3, 4]
        assert [record["seq"] for record in records] == [1, 2, 1, 2]

    def test_a_closed_chain_takes_nothing_more(self, world):
        """A clock that is behind is sent to the next day's chain."""
        commit(world, an_alert())
        (record,) = world.records("alertas")
        late = world.admission.head("WINZ26", NOW)
        (close,), _ = link([close_record([record], NOW)], late.tail)
        world.days.close_chain(ALERTAS, close)
        with pytest.raises(Contended):
            world.admission.commit(an_entry(late, an_alert(CANDLE + 300)), RULES, NOW)
        head = world.admission.head("WINZ26", NOW)
        assert (head.seq, head.tail) == (1, Tail("WINZ26#2026-11-24"))

    def test_a_fenced_day_takes_no_new_chain(self, world):
        commit(world, an_alert(contract="WINV26"))
        world.days.close_for_writes(ALERTAS, "2026-11-23")
        with pytest.raises(Contended):
            commit(world, an_alert())
        commit(world, an_alert(CANDLE + 300, contract="WINV26"))
        assert world.days.chains(ALERTAS, "2026-11-23") == ["WINV26#2026-11-23"]


def test_the_audit_table_is_found_by_every_index():
    """Time, instrument and pattern, each with the whole record."""
    with moto_dynamo() as dynamo:
        commit(moto_world(dynamo), an_alert())
        wanted = {"by_time": ("day", "2026-11-23"), "by_instrument": ("instrument", "WIN")}
        wanted["by_pattern"] = ("pattern", "level_break")
        for index, (name, value) in wanted.items():
            found = dynamo.query(
                TableName=AUDIT["alertas"],
                IndexName=index,
                KeyConditionExpression="#n = :v",
                ExpressionAttributeNames={"#n": name},
                ExpressionAttributeValues={":v": {"S": value}},
            )
            assert found["Count"] == 1
            assert "alert" in found["Items"][0]


def test_an_audit_record_is_never_overwritten(world):
    """A put on a number that stands is refused, whatever the writer believes."""
    head = world.admission.head("WINZ26", NOW)
    world.admission.commit(an_entry(head, an_alert(), Verdict.MUTED), RULES, NOW)
    with pytest.raises(Contended):
        world.admission.commit(an_entry(head, an_alert(CANDLE + 300), Verdict.MUTED), RULES, NOW)
    assert len(world.records("alertas")) == 1
