"""Whatever breaks on the way: every admitted alert reaches every operator concerned, and is accounted for."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.signal import DETECTED, Direction, Pattern
from pregao.domain.audit import merkle
from pregao.domain.audit.chain import (
    ACAO,
    ALERTAS,
    DAYS,
    ENTREGA,
    GENESIS,
    TABLES,
    ChainName,
    broken_at,
    day_after,
    line,
)
from pregao.domain.delivery.alert_state import DECISIONS, TIMEOUT, standing
from pregao.domain.delivery.attention import conflicts_at_once
from pregao.domain.delivery.operators import SYSTEM
from pregao.domain.delivery.ring_decision import UNREACHABLE
from pregao.flow.ports.desk import DecisionTaken
from tests.seeds import tries
from tests.simulation import BREAKS, REPORTS, Simulation
from tests.simulation import PHONES as DESK

KINDS = (*(f"{what} {when}" for what in BREAKS for when in ("before", "after")), "busy", "race")
plans = st.dictionaries(st.integers(0, 14), st.sampled_from(KINDS), max_size=2)
which = st.integers(0, 50)
contracts = st.sampled_from(["WINZ26", "WDOZ26"])
queues = st.sampled_from(["alerts", "timers", "reports"])
sides = st.sampled_from(list(Direction))
scores = st.sampled_from([None, 0.5, 1.5])
decisions = st.sampled_from(DECISIONS)
budgets = st.sampled_from([{}, {"ana": 1.0}, {"ana": 1.0, "bruno": 1.0}, {"ana": 0.0, "bruno": UNREACHABLE}])
"""What is known of thresholds: nothing, of one operator, of both; a calibration may come late or be gone."""
patterns = st.lists(st.sampled_from(DETECTED), min_size=1, max_size=3, unique=True).map(tuple)


class DeskMachine(RuleBasedStateMachine):
    """Steps in any order, each under its own plan."""

    def __init__(self):
        super().__init__()
        self.desk = Simulation(DESK)

    def run(self, story, plan, other):
        asides = [
            lambda: self.desk.post(other),
            lambda: self.desk.deliver(other),
            lambda: self.desk.fall_back(other),
            lambda: self.desk.say(other),
            self.desk.watch,
            lambda: self.desk.hear(other),
        ]
        self.desk.step(story, plan, asides[other % len(asides)])

    def consumer(self, which):
        desk = self.desk
        stories = {"alerts": desk.deliver, "timers": desk.fall_back, "reports": desk.hear}
        return getattr(desk, which), stories[which]

    @initialize(screens=st.integers(0, 3), suppressed=st.sampled_from([None, *DESK]), each=st.booleans())
    def open_some(self, screens, suppressed, each):
        self.desk.each = each
        if suppressed:
            self.desk.suppress(suppressed)
        for at in range(screens):
            self.desk.connect(DESK[at % 2])
            self.desk.say(0)

    @rule(
        contract=contracts,
        shapes=patterns,
        side=sides,
        joins=st.booleans(),
        score=scores,
        seconds=st.sampled_from([0, 11]),
    )
    def a_candle_goes_its_way(self, contract, shapes, side, joins, score, seconds):
        """Nothing breaks on it: what happens late in an alert's life must be met often enough."""
        self.desk.candle(contract, shapes, side, joins=joins, score=score)
        self.desk.post(len(self.desk.posts) - 1)
        for queue, seconds_before in (("alerts", 0), ("timers", seconds)):
            self.desk.clock.now += seconds_before
            messages, story = self.consumer(queue)
            for _ in messages.visible():
                story(0)

    @rule(contract=contracts, shapes=patterns, side=sides, joins=st.booleans(), score=scores)
    def candle(self, contract, shapes, side, joins, score):
        self.desk.candle(contract, shapes, side, joins=joins, score=score)

    @rule(least=budgets)
    def another_calibration_is_known(self, least):
        self.desk.rules.least = least

    @rule(shards=st.integers(1, 3))
    def the_waiting_list_gets_other_parts(self, shards):
        self.desk.shards = shards

    @rule(at=which, plan=plans, other=which)
    def post(self, at, plan, other):
        self.run(lambda: self.desk.post(at), plan, other)

    @rule(at=which, plan=plans, other=which)
    def deliver(self, at, plan, other):
        self.run(lambda: self.desk.deliver(at), plan, other)

    @rule(at=which, plan=plans, other=which)
    def fall_back(self, at, plan, other):
        self.run(lambda: self.desk.fall_back(at), plan, other)

    @rule(at=which, status=st.sampled_from(list(REPORTS)), times=st.integers(1, 2))
    def report(self, at, status, times):
        for _ in range(times):
            self.desk.report(at, status)

    @rule(at=which, plan=plans, other=which)
    def hear(self, at, plan, other):
        self.run(lambda: self.desk.hear(at), plan, other)

    @rule(who=st.sampled_from(DESK))
    def lift(self, who):
        self.desk.lift(who)

    @rule(plan=plans, other=which)
    def watch(self, plan, other):
        self.run(self.desk.watch, plan, other)

    @rule(at=which, plan=plans, other=which)
    def say(self, at, plan, other):
        self.run(lambda: self.desk.say(at), plan, other)

    @rule(at=which, decision=decisions)
    def act(self, at, decision):
        self.desk.act(at, decision)

    @rule(at=which, plan=plans, other=which, seconds=st.sampled_from([0, 11, 61]))
    def hand_over(self, at, plan, other, seconds):
        """The frame is heard under a plan; the colleague's steps begin."""
        self.desk.hand_over(at)
        self.run(lambda: self.desk.say(at), plan, other)
        self.desk.clock.now += seconds
        self.desk.fall_back(0)

    @rule(first=decisions, second=decisions, plan=plans, back=st.booleans())
    def two_press_at_once(self, first, second, plan, back):
        """One's frame is heard whole between two calls of the other's; a line is cut behind it."""
        self.desk.act(0, first)
        self.desk.act(0, second)
        self.desk.step(lambda: self.desk.say(0), plan | {3: "race"}, lambda: self.desk.say(1))
        self.cut(0, notice=False, back=back)

    @rule(at=which, notice=st.booleans(), back=st.booleans())
    def cut(self, at, notice, back):
        client = self.desk.cut(at, notice=notice)
        if client and back:
            self.desk.connect(next(one for one in DESK if one.id == client.caller.operator), client)

    @rule(who=st.sampled_from(DESK))
    def connect(self, who):
        self.desk.connect(who)

    @rule(seconds=st.sampled_from([1, 11, 31, 61, 121, 301]))
    def wait(self, seconds):
        self.desk.clock.now += seconds

    @rule(at=which, call=st.integers(0, 10), queue=queues)
    def two_consumers_at_once(self, at, call, queue):
        """SQS hands one message to two; the second runs whole between two calls of the first."""
        queue, story = self.consumer(queue)
        for message in queue.visible()[:1]:
            queue.put(message.content)
            self.desk.step(lambda: story(0), {call: "race"}, lambda: story(at))

    @rule(call=st.integers(0, 12), queue=queues, kind=st.sampled_from(["crash before", "hang before"]))
    def a_message_dies(self, call, queue, kind):
        """Its consumer crashes or hangs until it lies with the dead letters."""
        queue, story = self.consumer(queue)
        for _ in range(queue.receives if queue.messages else 0):
            self.desk.clock.now += queue.visibility_s
            self.desk.step(lambda: story(0), {call: kind}, lambda: None)

    @rule(after=st.integers(-3, 900))
    def midnight_comes(self, after):
        self.desk.clock.now += -self.desk.clock.now % 86_400 + after

    @rule(at=which)
    def repeat_a_message(self, at):
        """SQS delivers at least once."""
        for queue in (self.desk.alerts, self.desk.timers, self.desk.reports):
            if queue.messages:
                queue.put(queue.messages[at % len(queue.messages)].content)

    def teardown(self):
        self.desk.quiesce()
        nobody_is_left_out(self.desk)
        nothing_rings_twice(self.desk)
        nothing_is_sent_to_a_phone_after_a_decision(self.desk)
        every_step_before_the_email_has_an_end(self.desk)
        no_opportunity_rings_twice(self.desk)
        verdicts_add_up(self.desk)
        the_audit_is_complete(self.desk)
        nothing_is_left_open(self.desk)
        screens_have_seen_all(self.desk)
        what_was_told_of_emails_is_written_once(self.desk)
        who_was_not_reached_is_seen(self.desk)
        decisions_are_once(self.desk)
        what_screens_heard_is_in_the_audit(self.desk)


def admitted(desk):
    return [alert for alerts in desk.store.feed.values() for alert in alerts]


def nobody_is_left_out(desk):
    for alert in admitted(desk):
        for operator in DESK:
            if operator.interest.covers(alert) and not listed(desk, alert, operator):
                assert desk.store.marks[alert.id, operator.id].done, f"{operator.id} missed {alert.id[:8]}"


def listed(desk, alert, operator):
    """It did not ring them: nothing is owed but the list and the session's digest."""
    return operator.id in desk.store.listed.get(alert.id, {})


def handed_to(desk):
    """How often each operator was handed each alert: each time it rings them anew, on what was not tried."""
    records = of_kind(desk, ACAO, "handover")
    return Counter((one["alert_id"], one["handed_to"].removeprefix("op-")) for one in records)


def no_opportunity_rings_twice(desk):
    """Neither by what was decided nor by e-mail; conflicts on the first candle and joins ring nobody.

    What a colleague hands over is owed again.
    """
    handed = handed_to(desk)
    rung, mailed = defaultdict(set), defaultdict(set)
    for record in of_kind(desk, ENTREGA, "delivery"):
        alert = desk.store.admitted(record["alert_id"])
        if record.get("attention") == "rung":
            rung[record["operator"], alert.opportunity.id].add(alert.id)
            assert not conflicts_at_once(alert)
    for mail in desk.mailbox.sent:
        if mail.alert_id and not handed[mail.alert_id, mail.operator]:
            mailed[mail.operator, desk.store.admitted(mail.alert_id).opportunity.id].add(mail.alert_id)
    assert all(len(alerts) == 1 for one in (rung, mailed) for alerts in one.values())
    for alert in admitted(desk):
        for operator in DESK:
            if listed(desk, alert, operator):
                assert not any(
                    mail.alert_id == alert.id and mail.operator == operator.id for mail in desk.mailbox.sent
                )


def nothing_rings_twice(desk):
    """One e-mail per alert and operator, but where the mailbox's answer was lost: nobody can know then.

    And one more for each time that it was handed to them. A phone hears of an alert once on each channel.
    """
    handed = handed_to(desk)
    mails = Counter((mail.alert_id, mail.operator) for mail in desk.mailbox.sent if mail.alert_id)
    doubled = sum(max(0, count - 1 - handed[key]) for key, count in mails.items())
    assert doubled <= desk.mail_doubts
    tried = desk.store.of(ENTREGA, channel="sms", status="intent")
    texted = Counter((one["alert_id"], one["operator"]) for one in tried)
    assert set(texted.values()) <= {1}
    assert len(desk.gateway.sent) <= len(texted)
    for sender in desk.senders.values():
        notes = Counter((operator, note.alert_id) for operator, note in sender.sent)
        assert set(notes.values()) <= {1}
    for client in desk.screens.clients.values():
        assert len(set(client.shown)) == len(client.shown)


def nothing_is_sent_to_a_phone_after_a_decision(desk):
    """Nor to somebody whom it did not ring; what a note says of the alert was so when it was sent."""
    for sender in desk.senders.values():
        for operator, note in sender.sent:
            assert not note.title.startswith(("Decidido", "Expirado"))
            assert operator not in desk.store.listed.get(note.alert_id, {})


def every_step_before_the_email_has_an_end(desk):
    """Whoever was e-mailed was tried on the channels before, each with an end, unless it was over by then."""
    sends = Counter()
    for record in of_kind(desk, ENTREGA, "delivery"):
        key = record["alert_id"], record["operator"], record["channel"]
        if record["channel"] in {"push", "telegram"}:
            sends[key] += {"intent": 1, "withheld": 0}.get(record["status"], -1)
    dead = {(timer.alert.id, f"op-{name}") for timer in desk.timers.dead for name in timer.operators}
    assert all(left <= 0 for key, left in sends.items() if key[:2] not in dead)


def verdicts_add_up(desk):
    """Every alert posted was judged, once; every later sighting is a duplicate of that."""
    first = Counter()
    for record in of_kind(desk, ALERTAS, "alert"):
        if not record["verdict_reason"].startswith("seen before"):
            first[record["alert_id"]] += 1
    posted = sum(len(one.patterns) for one in desk.posts)
    assert set(first.values()) <= {1}
    assert len(first) == posted == len(desk.store.claims)
    verdicts = Counter(claim["verdict"] for claim in desk.store.claims.values())
    assert verdicts[Verdict.ADMITTED.value] == len(admitted(desk))
    for contract, alerts in desk.store.feed.items():
        assert [one.seq for one in alerts] == list(range(1, len(alerts) + 1)), contract


def the_audit_is_complete(desk):
    for table in TABLES:
        chains = defaultdict(list)
        for record in desk.store.records[table]:
            chains[record["chain"]].append(record)
        assert all(broken_at(records) is None for records in chains.values()), table
        days_are_closed(desk, table, chains)
    entrega = of_kind(desk, ENTREGA, "delivery")
    asked, heard = Counter(), Counter()
    for record in entrega:
        key = (record["alert_id"], record["operator"], record["channel"])
        asked[key] += record["status"] in {"intent", "listed"}
        heard[key] += record["status"] in {"sent", "gone", "failed"}
        assert heard[key] <= asked[key], "an outcome without its intent"
    decided = {record["alert_id"] for record in of_kind(desk, ACAO, "action")}
    every = {alert.id for alert in admitted(desk)}
    assert every - desk.store.closed <= decided <= every


def decisions_are_once(desk):
    """For the desk, or once per operator; who watches does so once, before; nobody who acted timed out."""
    for alert in admitted(desk):
        acts = [one for one in of_kind(desk, ACAO, "action") if one["alert_id"] == alert.id]
        finals = [one for one in acts if one["decision"] != "watching"]
        watching = [one["operator"] for one in acts if one["decision"] == "watching"]
        assert all(one.get("own", False) is (desk.each and one["operator"] != "system") for one in acts)
        assert max(Counter(watching).values(), default=0) <= 1
        whose = [one["operator"] if one.get("own") else "" for one in finals]
        assert len(set(whose)) == len(whose)
        assert not (len(whose) > 1 and "" in whose)
        for one in finals:
            stood = acts[acts.index(one) + 1 :]
            assert not [it for it in stood if not one.get("own") or it["operator"] == one["operator"]]
            watched = one["operator"] in watching if one.get("own") else bool(watching)
            assert not (one["decision"] == TIMEOUT and watched)
        if not desk.each or alert.id in desk.store.closed:
            continue
        rung = [one for one in DESK if one.interest.covers(alert) and not listed(desk, alert, one)]
        rung = [one for one in rung if (alert.id, one.id) not in desk.store.handed]
        assert not rung or {one.audit_id for one in rung} <= {*whose, *watching}


def what_screens_heard_is_in_the_audit(desk):
    """No screen heard of what was not written; what one pressed was written, or refused with what stands.

    And what a page reads when it is loaded anew is what the server goes by.
    """
    names = {one.id: one.audit_id for one in DESK} | {SYSTEM: SYSTEM}
    acts = {alert.id: [] for alert in admitted(desk)}
    for one in of_kind(desk, ACAO, "action"):
        at = one["recorded_at"]
        taken = DecisionTaken(one["operator"], one["decision"], None, at, None, one.get("own", False))
        acts[one["alert_id"]].append(taken)
    for client in desk.screens.clients.values():
        for frame in client.heard:
            told = (names[frame["operator"]], frame["decision"], frame.get("own", False))
            assert told in {(it.operator, it.decision, it.own) for it in acts[frame["alert_id"]]}
        assert client.unsettled == []
        for said in client.refused:
            who, _, decision = said.partition(": ")
            assert any(
                it.operator == names[who] and it.decision == decision for of in acts.values() for it in of
            )
    for alert in admitted(desk):
        for operator in DESK:
            read, known = standing(acts[alert.id], operator.audit_id), desk.store.acts(alert.id)
            word = known.stands_for(operator.id) or known.watched.get(operator.id)
            if word:
                assert read is not None
                assert (read.operator, read.decision) == (names[word.operator], word.decision)


def days_are_closed(desk, table, chains):
    """Every day until the last ended has its record, which tells the end of each of its chains."""
    last, behind = desk.store.ended[table].day, GENESIS
    days = sorted(ChainName.parse(name).day for name in chains if name.startswith(DAYS))
    assert days == [day_after(days[0], n) for n in range(len(days))]
    assert days[-1] == last
    for day in days:
        (record,) = chains[f"{DAYS}#{day}"]
        assert record["prev_hash"] == behind
        behind = record["hash"]
        begun = {name for name in chains if f"#{day}" in name and not name.startswith(DAYS)}
        assert set(record["chains"]) == begun
        for name, told in record["chains"].items():
            *records, close = chains[name]
            root = merkle.root(line(one) for one in records).hex()
            assert told == {"count": len(records), "root": root, "hash": close["hash"]}
            assert (close["kind"], close["count"], close["root"]) == ("close", len(records), root)
    over = [name for name in chains if ChainName.parse(name).day <= last]
    assert all(chains[name][-1]["kind"] in {"close", "day"} for name in over)
    assert all(one["kind"] != "close" for name in chains for one in chains[name][:-1])


def of_kind(desk, table, kind):
    return [one for one in desk.store.records[table] if one["kind"] == kind]


def nothing_is_left_open(desk):
    dead_letters = {alert.id for alert, _ in desk.dead.dead_letters}
    assert set(desk.store.overdue_at) | set(desk.store.unsettled_at) <= dead_letters
    assert not desk.store.waiting or dead_letters
    assert desk.store.held_back == []
    assert desk.alerts.messages == desk.timers.messages == desk.reports.messages == []


def screens_have_seen_all(desk):
    """A screen that is there at the end has shown all that concerns it since it first said hello."""
    for client in desk.screens.clients.values():
        operator = next(one for one in DESK if one.id == client.caller.operator)
        since = [alert for alert in admitted(desk) if alert.seq > client.began.get(alert.contract, 0)]
        concerned = {alert.id for alert in since if operator.interest.covers(alert)}
        assert client.cursor is None or concerned <= set(client.shown)


def what_was_told_of_emails_is_written_once(desk):
    """In whatever order and however often it came."""
    records = of_kind(desk, ENTREGA, "delivery")
    told = Counter((one["provider_id"], one["status"]) for one in records if heard(one))
    assert set(told.values()) <= {1}
    assert set(told) == desk.store.heard
    assert "mesa.example" not in repr(desk.store.records["entrega_audit"])


def heard(record):
    return record["status"] in set(REPORTS)


def who_was_not_reached_is_seen(desk):
    """Neither a screen nor an e-mail that arrived: then it lies with the dead letters."""
    dead = {(one.alert.id, name) for one in desk.timers.dead for name in one.operators}
    lost = {
        one["provider_id"]
        for one in of_kind(desk, ENTREGA, "delivery")
        if one["status"] in {"bounced", "rejected"}
    }
    arrived = {
        (mail.alert_id, mail.operator)
        for number, mail in enumerate(desk.mailbox.sent, start=1)
        if f"mail-{number}" not in lost
    }
    for alert in admitted(desk):
        rung = (one for one in DESK if one.interest.covers(alert) and not listed(desk, alert, one))
        for operator in rung:
            who = (alert.id, operator.id)
            acts = desk.store.acts(alert.id)
            acted = acts.by(operator.id) or operator.id in acts.handed
            assert acted or desk.store.marks[who].received_at is not None or who in arrived | dead, who
    for record in desk.store.of("entrega_audit", cause="suppressed"):
        assert (record["alert_id"], record["operator"].removeprefix("op-")) in dead


DeskMachine.TestCase.settings = settings(
    max_examples=tries(100),
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
)
TestDesk = DeskMachine.TestCase


def test_a_screen_whose_only_post_hung_asks_by_itself():
    """No later alert shows it the gap; the answer to its ping does."""
    state = DeskMachine()
    state.open_some(screens=1, suppressed=None, each=False)
    state.desk.candle("WINZ26", (Pattern.VOLATILITY_EXTREME,))
    state.post(at=0, other=0, plan={})
    state.a_message_dies(call=4, kind="hang before", queue="alerts")
    state.teardown()
