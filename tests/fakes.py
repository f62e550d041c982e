"""In-memory stand-ins for the ports of flow/ports/, and builders of what the tests talk about.

Each fake keeps the port's promises (tests/contract runs the same tests on it and on the real adapter) and
takes faults: set `fault` to an exception and the next call of that name raises it, before or after the work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from pregao.aws.tables.shards import shard_of
from pregao.domain.alerts.admission import AdmissionRules, Judgement, Verdict, places
from pregao.domain.alerts.alert import (
    Alert,
    AlertOrigin,
    alert_id,
    raise_alert,
    similar_prices,
    similarity_key,
)
from pregao.domain.alerts.digest import LISTED
from pregao.domain.alerts.price_level import ArmedLevel, Crossing, Marked, Often, OwnLevel, PriceLevel
from pregao.domain.alerts.price_level import Reached as LevelReached
from pregao.domain.alerts.signal import Direction, Levels, Outlook, Pattern, Severity, Signal
from pregao.domain.audit.chain import (
    ACAO,
    ALERTAS,
    CLOSE,
    DAYS,
    ENTREGA,
    ChainName,
    Record,
    Tail,
    day_after,
    day_of,
    link,
)
from pregao.domain.audit.records import Evidence, alert_record
from pregao.domain.calibration.ledger import SessionLedger
from pregao.domain.calibration.live import Calibration
from pregao.domain.delivery.alert_state import TIMEOUT, Acts, AlertState, HandedOver, Taken, state_of
from pregao.domain.delivery.mail_events import MailEvent
from pregao.domain.delivery.mute import Mute
from pregao.domain.delivery.operators import (
    Channel,
    Interest,
    OnConflict,
    OpenEnd,
    Operator,
    Reached,
    Screen,
    Status,
    Tried,
)
from pregao.domain.delivery.push import AT_MOST, Device
from pregao.domain.delivery.reminder import Reminder
from pregao.domain.delivery.ring_decision import RingDecision, Told
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.delivery.timer import Timer
from pregao.domain.delivery.trouble import Trouble
from pregao.domain.delivery.unreached import Cause as UnreachedCause
from pregao.domain.delivery.unreached import Unreached
from pregao.domain.feeds.feed import Beat, BridgeOwner, FeedKey, Mark, Seen, joined
from pregao.domain.feeds.told import Cause, Feeds, FeedState, Kind, Notice
from pregao.domain.market.bulletin import Bulletin, Context
from pregao.domain.market.candle import Candle
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.domain.text.email import Mail
from pregao.domain.text.note import Note, topic_of
from pregao.domain.text.sms import Sms
from pregao.flow.ports.audit import EndedDay
from pregao.flow.ports.calibration import KeptScores, Recorded
from pregao.flow.ports.delivery import NO_RINGS, Entry, Head, HeldBack, Kept, Progress, Rings
from pregao.flow.ports.levels import FeedNow, Owned
from pregao.flow.ports.phone import KeptNote
from pregao.flow.ports.refusals import Contended, Decided, Leased, Refused
from pregao.flow.ports.reminders import Due
from pregao.flow.ports.screens import Present
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.steps.wanted import QuoteRequests
from pregao.wire.calibration_v1 import Grid, pack_calibration, unpack_calibration
from pregao.wire.heartbeat_v1 import HeartbeatV1
from pregao.wire.ledger_v1 import pack_ledger, unpack_ledger
from pregao.wire.scores_v1 import pack_scores, unpack_scores

CANDLE = int(datetime(2026, 11, 23, 14, 0, tzinfo=UTC).timestamp())  # 11:00 in São Paulo, a Monday
NOW = CANDLE + 300 + 0.25  # a quarter of a second after an M5 candle closed
WAITING_S = 300
OVERDUE_S = 60
SETTLED_S = 1200
EVIDENCE = Evidence("window", "rules", "code")
CONTEXT = Context("2026-11-19", 130_180.0, 1070.0, 0.8219, 1_234_567, 25_410, 14_000_000)
"""What is known of WINZ26 at 131,250."""

PLENTY = TimeLeft(lambda: 600.0)
"""An invocation that is never short of time."""


# --- builders ---


def an_alert(
    at: int = CANDLE,
    *,
    contract: str = "WINZ26",
    pattern: Pattern = Pattern.LEVEL_BREAK,
    direction: Direction = Direction.LONG,
    price: float = 131_250.0,
    now: float = NOW,
    tick_size: float = 5.0,
    timeframe: str = "M5",
    **changes: Any,
) -> Alert:
    """An alert on the candle that opens at `at`; `changes` replaces fields of the result.

    Without a side where the pattern or the direction has none.
    """
    sided = pattern.sided and direction is not Direction.NONE
    reason = (
        {"level": price - 35.0, "lookback": 20}
        if sided
        else {"heat": 2.31, "candles": 6, "usual_ahead": 350.0}
    )
    outlook = None if sided else Outlook(12, 401.0, 698.0, 350.0, 0.8)
    signal = Signal(at, pattern, direction if sided else Direction.NONE, price, 120.0, reason, outlook)
    candle = Candle(at, price - 60, price + 10, price - 80, price, 1234, 5678)
    instrument = contract.rstrip("0123456789")[:-1] if contract[-1].isdigit() else contract
    feed = AlertOrigin(
        instrument, contract, f"{instrument}$N", timeframe, TIMEFRAMES[timeframe], tick_size, "d" * 64, 300
    )
    levels = Levels(0.25, 1.5, 1.5) if sided else None
    alert = raise_alert(signal, candle, feed, Severity.HIGH, levels, now)
    return replace(alert, **changes)


def a_level(price: float = 131_200.0, **changes: Any) -> PriceLevel:
    """A price level of ana's on WIN M5, armed well before CANDLE; `changes` replaces fields."""
    plain = PriceLevel(
        "0123456789abcdef",
        "op-7d1f20c4",
        "WIN",
        "WINZ26",
        "M5",
        price,
        Crossing.UP,
        Often.ONCE,
        CANDLE - 90_000.0,
        CANDLE - 90_000.0,
        CANDLE + 30 * 86_400.0,
    )
    return replace(plain, **changes)


def a_level_alert(at: int = CANDLE, level: str = "0123456789abcdef", **changes: Any) -> Alert:
    """An alert of a price level of ana's; `changes` replaces fields of what it says of the level."""
    own = OwnLevel(level, "op-7d1f20c4", 131_200.0, Crossing.UP, CANDLE - 90_000.0)
    alert = an_alert(at, pattern=Pattern.PRICE_LEVEL, outlook=None, reason={"own_level": own.price})
    named = alert.contract, alert.timeframe, alert.pattern, alert.direction, alert.candle.time
    return replace(alert, id=alert_id(*named, level), level=replace(own, **changes))


def a_bulletin(day: str = "2026-11-19", **changes: Any) -> Bulletin:
    """What the exchange told of a contract's day; `changes` replaces fields."""
    plain = Bulletin(
        "WINZ26",
        date.fromisoformat(day),
        settlement=130_180.0,
        settlement_status="F",
        volume=14_000_000,
        open_interest=1_200_000,
        made_at=NOW - 86_400,
        received_at=NOW - 3600,
    )
    return replace(plain, **changes)


def an_operator(name: str = "ana", **changes: Any) -> Operator:
    """A trader who wants everything, in Portuguese."""
    plain = Operator(name, name.title(), f"{name}@mesa.example", "trader", "pt-BR", Interest())
    return replace(plain, **{"audit_id": f"op-{name}"} | changes)


def still_open(alert: Alert) -> AlertState:
    """How an alert stands on which nobody has decided yet."""
    return state_of(alert, None, [], NOW)


def a_timer(alert: Alert, *operators: str, attempt: int = 1, cause: str = "no_receipt") -> Timer:
    """A fallback timer."""
    return Timer(alert, operators, attempt, cause)


def an_entry(head: Head, alert: Alert, verdict: Verdict = Verdict.ADMITTED, now: float = NOW) -> Entry:
    """What flow/detect hands to the admission book."""
    cursor = head.seq + (verdict is Verdict.ADMITTED)
    numbered = replace(alert, seq=cursor) if verdict is Verdict.ADMITTED else alert
    judgement = Judgement(verdict, "because")
    (record,), _ = link([alert_record(numbered, judgement, now, cursor, EVIDENCE)], head.tail)
    return Entry(numbered, judgement, record, head)


def admitted(book: Any, alert: Alert, rules: AdmissionRules | None = None, now: float = NOW) -> Alert:
    """Admit an alert through a book; returns it with its number."""
    entry = an_entry(book.head(alert.contract, now), alert, now=now)
    book.commit(entry, rules or AdmissionRules(), now)
    return entry.alert


def a_mark(newest: int = CANDLE, *, now: float | None = None, **changes: Any) -> Mark:
    """A live post of WIN M5 whose newest candle opens then, right behind the one before."""
    plain = Mark("WIN", "M5", "WIN$N", "WINZ26", "mesa-1", newest, newest - 300, 0.0, historical=False)
    return replace(plain, **{"received_at": newest + 300.5 if now is None else now} | changes)


def a_heartbeat(**changes: Any) -> HeartbeatV1:
    """A bridge that is well and reads WIN M5; `terminal` and `feed` change parts of those."""
    terminal = {"condition": "live", "detail": "", "code": 1, "build": 5320, "server": "Corretora-PRD"}
    terminal |= {"ping_ms": 11.4, "utc_offset_s": -10_800, "last_tick_at": CANDLE + 300.0}
    feed = {"symbol": "WIN$N", "contract": "WINZ26", "timeframe": "M5", "condition": "live", "detail": ""}
    feed |= {"newest": CANDLE, "accepted": CANDLE, "waiting": 0}
    plain = {"version": 1, "bridge_id": "mesa-1", "sent_at": NOW, "interval_s": 60, "skew_s": 0.1}
    plain |= {"terminal": terminal | changes.pop("terminal", {}), "feeds": [feed | changes.pop("feed", {})]}
    return HeartbeatV1.model_validate(plain | changes)


def a_notice(kind: Kind = Kind.SILENT, **changes: Any) -> Notice:
    """WIN M5 has been silent for seven and a half minutes."""
    plain = Notice(kind, "WIN", "WINZ26", "M5", "WIN$N", CANDLE + 300.0, CANDLE + 750.0, Cause.BROKER_LOST)
    return replace(plain, **changes)


# --- the world outside ---


class Clock:
    """Stands still until moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class AtOnce(Executor):
    """Runs what it is given on the spot."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a pool does: whoever asks for the result gets it
            future.set_exception(error)
        return future


class Faults:
    """Exceptions to raise on the next calls of a method: `faults.before("commit", error)`."""

    def __init__(self) -> None:
        self._before: dict[str, list[Exception]] = defaultdict(list)
        self._after: dict[str, list[Exception]] = defaultdict(list)

    def before(self, name: str, *errors: Exception) -> None:
        """The call fails and does nothing."""
        self._before[name] += errors

    def after(self, name: str, *errors: Exception) -> None:
        """The call does its work and then fails: a lost acknowledgement."""
        self._after[name] += errors

    def enter(self, name: str) -> None:
        """Raise what is due before the work."""
        if self._before[name]:
            raise self._before[name].pop(0)

    def leave(self, name: str) -> None:
        """Raise what is due after the work."""
        if self._after[name]:
            raise self._after[name].pop(0)


@dataclass
class Store:
    """The tables behind the books."""

    chains: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    closed_for_writes: set[tuple[str, str]] = field(default_factory=set)
    ended: dict[str, EndedDay] = field(default_factory=dict)
    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, Alert] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    """In which part of the waiting list each alert took its place."""
    feed: dict[str, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[tuple[str, str], Reached] = field(default_factory=dict)
    mailing: dict[tuple[str, str], float] = field(default_factory=dict)
    texted: set[tuple[str, str]] = field(default_factory=set)
    heard: set[tuple[str, str]] = field(default_factory=set)
    suppressed: dict[str, Suppression] = field(default_factory=dict)
    unreached: dict[str, Unreached] = field(default_factory=dict)
    decisions: dict[str, Taken] = field(default_factory=dict)
    own: dict[tuple[str, str], Taken] = field(default_factory=dict)
    watched: dict[tuple[str, str], Taken] = field(default_factory=dict)
    handed: dict[tuple[str, str], HandedOver] = field(default_factory=dict)
    undecided_at: dict[str, float] = field(default_factory=dict)
    ended_alerts: set[str] = field(default_factory=set)
    reminders: dict[tuple[str, str], Reminder] = field(default_factory=dict)
    overdue_at: dict[str, float] = field(default_factory=dict)
    unsettled_at: dict[str, float] = field(default_factory=dict)
    overdue: Counter[str] = field(default_factory=Counter)
    held_back: list[HeldBack] = field(default_factory=list)
    bulletins: dict[tuple[str, date], Bulletin] = field(default_factory=dict)
    calibrations: dict[tuple[str, str], dict[date, str]] = field(default_factory=dict)
    scores: dict[tuple[str, str], dict[date, str]] = field(default_factory=lambda: defaultdict(dict))
    told: dict[str, Told] = field(default_factory=dict)
    listed: dict[str, dict[str, RingDecision]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    outcomes: dict[tuple[FeedKey, date], dict[str, Recorded]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    ledgers: dict[FeedKey, dict[date, str]] = field(default_factory=lambda: defaultdict(dict))
    seen: dict[tuple[str, str, bool], Seen] = field(default_factory=dict)
    past: set[FeedKey] = field(default_factory=set)
    armed: dict[FeedKey, dict[str, ArmedLevel]] = field(default_factory=dict)
    owned: dict[str, Owned] = field(default_factory=dict)
    closes: dict[FeedKey, float] = field(default_factory=dict)
    beats: dict[str, Beat] = field(default_factory=dict)
    wanted: dict[str, dict[str, float]] = field(default_factory=dict)
    owners: dict[str, BridgeOwner] = field(default_factory=dict)
    feed_states: dict[FeedKey, FeedState] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def tail(self, table: str, contract: str, now: float, lane: str = "") -> Tail:
        """Where the day's chain stands; that of the next day where it is closed."""
        self.faults.enter("head")
        day = day_of(now)
        while records := self.chains[table, str(ChainName(contract, day, lane))]:
            if records[-1]["kind"] != CLOSE:
                return Tail.of(records[-1])
            day = day_after(day)
        return Tail(str(ChainName(contract, day, lane)))

    def append(self, table: str, records: Sequence[Record], tail: Tail) -> None:
        """Put records behind a tail that must still be the last one."""
        if not records:
            return
        stands = self.chains[table, tail.chain]
        closed_for_writes = not stands and (table, ChainName.parse(tail.chain).day) in self.closed_for_writes
        if len(stands) != tail.seq or closed_for_writes:
            raise Contended
        stands += records
        self.records[table] += records

    def acts(self, alert_id: str) -> Acts:
        """What was decided on an alert."""
        own, watched, handed = (
            {who: one for (which, who), one in kept.items() if which == alert_id}
            for kept in (self.own, self.watched, self.handed)
        )
        return Acts(self.decisions.get(alert_id), own, watched, handed)

    def admitted(self, alert_id: str) -> Alert:
        """An admitted alert with its number."""
        return next(one for alerts in self.feed.values() for one in alerts if one.id == alert_id)

    def kept(self, alert_id: str) -> Kept:
        """An admitted alert, and whom it was listed for."""
        return Kept(self.admitted(alert_id), self.listed.get(alert_id, {}))

    def of(self, table: str, **wanted: Any) -> list[Record]:
        """The records of a table that carry these values."""
        return [
            one for one in self.records[table] if all(one.get(key) == value for key, value in wanted.items())
        ]


def _rate_key(alert: Alert) -> str:
    own = f"#{alert.level.id}#{alert.level.crossing}" if alert.level else ""
    return f"{alert.contract}#{alert.pattern}{own}"


class FakeAdmissionBook:
    """flow.ports.delivery.AdmissionBook; the waiting list has so many parts."""

    def __init__(self, store: Store, shards: int = 1) -> None:
        self.store = store
        self.shards = shards

    def head(self, contract: str, now: float) -> Head:
        tail = self.store.tail(ALERTAS, contract, now)
        return Head(contract, len(self.store.feed[contract]), tail)

    def commit(self, entry: Entry, rules: AdmissionRules, now: float) -> None:
        self.store.faults.enter("commit")
        alert, verdict = entry.alert, entry.judgement.verdict
        ringing = verdict is Verdict.ADMITTED
        if verdict is not Verdict.DUPLICATE:
            self._seen_before(alert)
        if ringing:
            self._limits(alert, rules, now)
        self.store.append(ALERTAS, [entry.record], entry.head.tail)
        claim = {"state": "committed" if ringing else "refused", "verdict": verdict.value, "alert": alert}
        self.store.claims.setdefault(alert.id, claim)
        if ringing:
            self._take(alert, rules)
            self.store.overdue_at[alert.id] = now + OVERDUE_S
        if verdict is Verdict.QUEUE_FULL:
            self.store.held_back.append(HeldBack(f"{now:017.6f}#{alert.id}", alert))
        self.store.faults.leave("commit")

    def _seen_before(self, alert: Alert) -> None:
        claim = self.store.claims.get(alert.id)
        if claim:
            unfinished = claim["alert"] if claim["state"] in {"committed", "delivering"} else None
            raise Refused(Judgement(Verdict.DUPLICATE, f"seen before, then {claim['verdict']}"), unfinished)

    def _limits(self, alert: Alert, rules: AdmissionRules, now: float) -> None:
        below, above = similar_prices(alert, rules.price_band_ticks)
        for key, window, verdict in self._windows(alert, rules):
            holder = self.store.tokens.get(key)
            if holder and alert.level and verdict is Verdict.RATE_LIMITED:
                if holder.candle.time >= alert.level.since:
                    raise Refused(Judgement(verdict, f"held by {holder.id}"))
                continue
            if holder is None or abs(alert.candle.time - holder.candle.time) >= window:
                continue
            if verdict is Verdict.RATE_LIMITED or below < holder.price < above:
                raise Refused(Judgement(verdict, f"held by {holder.id}"))
        waiting, part = self.store.waiting, shard_of(alert.id, self.shards)
        held = [sum(self.store.parts[one] == at for one in waiting) for at in range(16)]
        if held[part] >= places(held, rules.queue_limit, self.shards)[part]:
            expired = [one for one, until in waiting.items() if until < now]
            for one in expired:
                del waiting[one]
            if expired:
                raise Contended
            raise Refused(Judgement(Verdict.QUEUE_FULL, f"{held[part]} alerts are waiting"))

    def _take(self, alert: Alert, rules: AdmissionRules) -> None:
        for key in (similarity_key(alert, rules.price_band_ticks), _rate_key(alert)):
            self.store.tokens[key] = alert
        self.store.waiting[alert.id] = alert.detected_at + WAITING_S
        self.store.parts[alert.id] = shard_of(alert.id, self.shards)
        self.store.feed[alert.contract].append(alert)

    @staticmethod
    def _windows(alert: Alert, rules: AdmissionRules) -> list[tuple[str, int, Verdict]]:
        similar = [similarity_key(alert, rules.price_band_ticks, beside) for beside in (0, -1, 1)]
        rate = _rate_key(alert)
        return [
            *[(key, rules.dedup_window_s, Verdict.DUPLICATE) for key in similar],
            (rate, rules.rate_window_s, Verdict.RATE_LIMITED),
        ]


class FakeBulletinBook:
    """flow.bulletin.BulletinBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def between(self, contract: str, first: date, last: date) -> list[Bulletin]:
        self.store.faults.enter("between")
        found = [one for one in self.store.bulletins.values() if one.contract == contract]
        return sorted(
            (one for one in found if first <= one.trade_date <= last), key=lambda one: one.trade_date
        )

    def keep(self, bulletin: Bulletin, instead_of: Bulletin | None) -> None:
        key = bulletin.contract, bulletin.trade_date
        self.store.faults.enter("keep")
        if self.store.bulletins.get(key) != instead_of:
            raise Contended
        self.store.bulletins[key] = bulletin
        self.store.faults.leave("keep")


class FakeCalibrationBook:
    """flow.ports.calibration.CalibrationBook; what is kept went through JSON."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def newest(self, grid: Grid, first: date, last: date) -> Calibration | None:
        self.store.faults.enter("newest")
        kept = self.store.calibrations.get((grid.instrument, grid.timeframe), {})
        days = [day for day in kept if first <= day <= last]
        return unpack_calibration(kept[max(days)], grid) if days else None

    def keep(self, grid: Grid, known: Calibration, now: float) -> bool:
        self.store.faults.enter("keep")
        kept = self.store.calibrations.setdefault((grid.instrument, grid.timeframe), {})
        if known.session in kept:
            return False
        kept[known.session] = pack_calibration(known, grid)
        self.store.scores[grid.instrument, grid.timeframe][known.session] = pack_scores(known.scores)
        self.store.faults.leave("keep")
        return True


class FakeOutcomeBook:
    """flow.ports.calibration.OutcomeBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def recorded(self, feed: FeedKey, session: date) -> dict[str, Recorded]:
        return dict(self.store.outcomes[feed, session])

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ALERTAS, contract, now, "outcome")

    def record(
        self,
        feed: FeedKey,
        session: date,
        records: Sequence[Record],
        before: Mapping[str, Recorded],
        tail: Tail,
        now: float,
    ) -> None:
        self.store.faults.enter("record")
        kept = self.store.outcomes[feed, session]
        if any(kept.get(one["alert_id"]) != before.get(one["alert_id"]) for one in records):
            raise Contended
        self.store.append(ALERTAS, records, tail)
        kept.update({one["alert_id"]: Recorded(one["outcome"], one["hash"]) for one in records})
        self.store.faults.leave("record")


class FakeLedgerBook:
    """flow.ports.calibration.LedgerBook; what is kept went through JSON."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def keep(self, kept: SessionLedger, now: float) -> None:
        self.store.faults.enter("keep_ledger")
        self.store.ledgers[kept.instrument, kept.timeframe][kept.session] = pack_ledger(kept)

    def there(self, feed: FeedKey, session: date) -> bool:
        return session in self.store.ledgers[feed]

    def between(self, first: date, last: date) -> list[SessionLedger]:
        kept = [(day, feed) for feed, days in self.store.ledgers.items() for day in days]
        return [
            unpack_ledger(self.store.ledgers[feed][day]) for day, feed in sorted(kept) if first <= day <= last
        ]


class FakeScoresBook:
    """flow.ports.calibration.ScoresReader over the calibrations kept."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def between(self, first: date, last: date) -> list[KeptScores]:
        self.store.faults.enter("between_scores")
        found = []
        for (instrument, timeframe), kept in sorted(self.store.calibrations.items()):
            days = [day for day in kept if first <= day <= last]
            if days:
                sessions = self.store.scores[instrument, timeframe][max(days)]
                found.append(KeptScores(instrument, timeframe, unpack_scores(sessions)))
        return found


class UnknownAlert(Exception):
    """The fake's word for a message about an alert that was never admitted."""


class FakeDeliveryBook:
    """flow.ports.delivery.DeliveryBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ENTREGA, contract, now)

    def told(self, opportunity: str) -> Told:
        self.store.faults.enter("told_of")
        return self.store.told.get(opportunity, Told())

    def begin(
        self,
        alert: Alert,
        intents: Sequence[Record],
        tail: Tail,
        now: float,
        lease_s: int,
        rings: Rings = NO_RINGS,
    ) -> bool:
        self.store.faults.enter("begin")
        claim = self.store.claims.get(alert.id, {})
        if claim.get("state") == "finished":
            return False
        if claim.get("state") == "delivering" and claim["lease_until"] >= now:
            raise Leased
        if claim.get("state") not in {"committed", "delivering"}:
            raise UnknownAlert
        if self._changes(rings) and self.told(rings.opportunity).version != rings.seen.version:
            raise Contended
        self.store.append(ENTREGA, intents, tail)
        self._attend(alert, rings)
        claim.update(state="delivering", lease_until=now + lease_s)
        self.store.faults.leave("begin")
        return True

    @staticmethod
    def _changes(rings: Rings) -> bool:
        return rings.opportunity is not None and bool(rings.first or rings.rung)

    def _attend(self, alert: Alert, rings: Rings) -> None:
        if self._changes(rings):
            told = self.told(rings.opportunity)
            first, rung = (dict.fromkeys(names, alert.id) for names in (rings.first, rings.rung))
            self.store.told[rings.opportunity] = Told(told.version + 1, told.first | first, told.rung | rung)
        if rings.listed:
            self.store.listed[alert.id] = dict(rings.listed)
            key = f"{rings.session_end:017.6f}#{alert.id}"
            self.store.held_back = [one for one in self.store.held_back if one.key != key]
            self.store.held_back.append(HeldBack(key, alert, reason=LISTED, listed=frozenset(rings.listed)))
            if not rings.due:
                self.store.closed.add(alert.id)

    def finish(self, alert: Alert, outcomes: Sequence[Record], tail: Tail, due: bool = True) -> None:
        self.store.faults.enter("finish")
        self.store.append(ENTREGA, outcomes, tail)
        self.store.claims[alert.id]["state"] = "finished"
        self.store.waiting.pop(alert.id, None)
        self.store.overdue_at.pop(alert.id, None)
        self.store.overdue.pop(alert.id, None)
        if due:
            self.store.unsettled_at[alert.id] = alert.detected_at + SETTLED_S
        self.store.faults.leave("finish")

    def close(self, alert_id: str) -> None:
        self.store.unsettled_at.pop(alert_id, None)

    def append(self, records: Sequence[Record], tail: Tail, closes: str | None = None) -> None:
        self.store.faults.enter("append")
        self.store.append(ENTREGA, records, tail)
        if records and closes:
            self.close(closes)

    def received(self, alert_id: str, operator: str, now: float) -> Reached | None:
        if self.store.claims.get(alert_id, {}).get("verdict") != "admitted":
            return None
        alert = self.store.admitted(alert_id)
        reached = self._mark(alert_id, operator, "received_at", now)
        return replace(reached, detected_at=alert.detected_at, expires_at=alert.expires_at)

    def mailing(self, alert_id: str, operator: str, now: float, lease_s: int) -> bool:
        if self.store.marks.get((alert_id, operator), Reached()).settled:
            return False
        if self.store.mailing.get((alert_id, operator), 0.0) > now:
            raise Leased
        self.store.mailing[alert_id, operator] = now + lease_s
        self.store.marks.setdefault((alert_id, operator), Reached())
        return True

    def not_mailed(self, alert_id: str, operator: str) -> None:
        del self.store.mailing[alert_id, operator]

    def mailed(self, alert_id: str, operator: str, now: float) -> Reached:
        self.store.faults.enter("mailed")
        return self._mark(alert_id, operator, "mailed_at", now)

    def gave_up(self, alert_id: str, operator: str, now: float) -> Reached:
        return self._mark(alert_id, operator, "given_up_at", now)

    def reached(self, alert_id: str) -> dict[str, Reached]:
        return {who: reached for (which, who), reached in self.store.marks.items() if which == alert_id}

    def progress(self, alert_id: str) -> Progress:
        return Progress(self.reached(alert_id), self.store.acts(alert_id))

    def trying(self, alert_id: str, operator: str, channel: Channel, now: float) -> bool:
        self.store.faults.enter("trying")
        return self._tried(alert_id, operator, channel, Tried(now))

    def _tried(self, alert_id: str, operator: str, channel: Channel, tried: Tried) -> bool:
        if channel is Channel.SMS:
            taken = (alert_id, operator) in self.store.texted
            self.store.texted.add((alert_id, operator))
            return not taken
        reached = self.store.marks.get((alert_id, operator), Reached())
        if channel in reached.tried:
            return False
        self.store.marks[alert_id, operator] = replace(reached, tried={**reached.tried, channel: tried})
        return True

    def not_sent(self, alert_id: str, operator: str, channel: Channel) -> None:
        reached = self.store.marks[alert_id, operator]
        tried = {one: was for one, was in reached.tried.items() if one is not channel}
        self.store.marks[alert_id, operator] = replace(reached, tried=tried)

    def ended(self, alert_id: str, operator: str, channel: Channel, tried: Tried) -> None:
        self.store.faults.enter("ended")
        reached = self.store.marks[alert_id, operator]
        kept = replace(tried, at=reached.tried[channel].at)
        self.store.marks[alert_id, operator] = replace(reached, tried={**reached.tried, channel: kept})

    def _mark(self, alert_id: str, operator: str, what: str, now: float) -> Reached:
        reached = self.store.marks.get((alert_id, operator), Reached())
        if getattr(reached, what) is None:
            reached = replace(reached, **{what: now})
        self.store.marks[alert_id, operator] = reached
        return reached


@dataclass
class FakeRules:
    """flow.deliver.Rules: thresholds by operator, none without one; sessions end `ends_in_s` later."""

    least: dict[str, float | None] = field(default_factory=dict)
    on_conflict: OnConflict = "list"
    ends_in_s: float = 3600.0

    def thresholds(self, alert: Alert, operators: Sequence[Operator], now: float) -> dict[str, float | None]:
        return self.least

    def session_end(self, alert: Alert, now: float) -> float:
        return now + self.ends_in_s


class FakeActionBook:
    """flow.ports.delivery.ActionBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ACAO, contract, now)

    def decide(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        self._none(self.store.acts(alert.id).stands_for(operator))
        self.store.append(ACAO, [record], tail)
        if record.get("own"):
            self.store.own[alert.id, operator] = self._taken(operator, record)
        else:
            self.store.decisions[alert.id] = self._taken(operator, record)

    def watch(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        acts = self.store.acts(alert.id)
        self._none(acts.stands_for(operator) or acts.watched.get(operator))
        self.store.append(ACAO, [record], tail)
        self.store.watched[alert.id, operator] = self._taken(operator, record)

    def end(
        self,
        alert: Alert,
        ends: Mapping[str | None, Taken],
        records: Sequence[Record],
        tail: Tail,
        until: float | None,
    ) -> None:
        acts = self.store.acts(alert.id)
        out = {operator for operator, one in ends.items() if one.decision == TIMEOUT}
        decided = set(acts.own) | ({None} if acts.desk else set())
        if decided & set(ends) or set(acts.watched) & out or (None in out and acts.watched):
            raise Contended
        self.store.append(ACAO, records, tail)
        for operator, taken in ends.items():
            if operator is None:
                self.store.decisions[alert.id] = taken
            else:
                self.store.own[alert.id, operator] = taken
        if until is None:
            self.store.ended_alerts.add(alert.id)
        else:
            self.store.undecided_at[alert.id] = until

    def hand_over(self, kept: Kept, by: str, handed: HandedOver, record: Record, tail: Tail) -> bool:
        alert, to, acts = kept.alert, handed.to, self.store.acts(kept.alert.id)
        delivered = self.store.claims[alert.id].get("state") == "finished"
        if not delivered or acts.desk or {by, to} & set(acts.own) or by in acts.handed:
            return False
        self.store.append(ACAO, [record], tail)
        self.store.handed[alert.id, by] = handed
        self.store.handed.pop((alert.id, to), None)
        was = self.store.marks.get((alert.id, to), Reached())
        self.store.marks[alert.id, to] = Reached(tried=was.tried, handed_at=handed.at)
        self.store.mailing.pop((alert.id, to), None)
        if to in kept.listed:
            del self.store.listed[alert.id][to]
        self.store.overdue.pop(alert.id, None)
        self.store.unsettled_at[alert.id] = handed.at + SETTLED_S
        return True

    def acts(self, alert_id: str) -> Acts:
        return self.store.acts(alert_id)

    @staticmethod
    def _none(taken: Taken | None) -> None:
        if taken:
            raise Decided(taken)

    @staticmethod
    def _taken(operator: str, record: Record) -> Taken:
        return Taken(operator, record["decision"], datetime.fromisoformat(record["recorded_at"]).timestamp())


class FakeDayBook:
    """flow.ports.audit.DayBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ended(self) -> dict[str, EndedDay]:
        return dict(self.store.ended)

    def close_for_writes(self, table: str, day: str) -> None:
        self.store.closed_for_writes.add((table, day))

    def chains(self, table: str, day: str) -> list[str]:
        begun = [name for (which, name), records in self.store.chains.items() if which == table and records]
        return sorted(one for one in begun if ChainName.parse(one).day == day and not one.startswith(DAYS))

    def newest(self, table: str, chain: str) -> int:
        return len(self.store.chains[table, chain])

    def records(self, table: str, chain: str, first: int = 1, last: int | None = None) -> list[Record]:
        return self.store.chains[table, chain][first - 1 : last]

    def close_chain(self, table: str, record: Record) -> None:
        self.store.faults.enter("close_chain")
        self.store.append(table, [record], Tail(record["chain"], record["seq"] - 1))
        self.store.faults.leave("close_chain")

    def end_day(self, table: str, record: Record) -> None:
        self.store.faults.enter("end_day")
        stands = self.store.chains[table, record["chain"]]
        if stands:
            raise Contended
        stands.append(record)
        self.store.records[table].append(record)
        self.store.ended[table] = EndedDay(ChainName.parse(record["chain"]).day, record["hash"])
        self.store.faults.leave("end_day")


class FakeOpenBook:
    """flow.ports.delivery.OpenBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def undelivered(self, now: float, limit: int) -> list[Alert]:
        due = [one for one in self.store.overdue_at.items() if one[1] <= now]
        return [self.store.admitted(one[0]) for one in sorted(due, key=itemgetter(1))[:limit]]

    def unsettled(self, now: float, limit: int) -> list[Kept]:
        due = [one for one in self.store.unsettled_at.items() if one[1] <= now]
        return [self.store.kept(one[0]) for one in sorted(due, key=itemgetter(1))[:limit]]

    def postpone(self, alert_id: str, end: OpenEnd, until: float) -> int | None:
        due = self.store.overdue_at if end is OpenEnd.DELIVERY else self.store.unsettled_at
        if alert_id not in due:
            return None
        due[alert_id] = until
        self.store.overdue[alert_id] += 1
        return self.store.overdue[alert_id]

    def abandon(self, alert_id: str) -> None:
        self.store.overdue_at.pop(alert_id, None)
        self.store.unsettled_at.pop(alert_id, None)

    def undecided(self, now: float, limit: int) -> Due:
        every = [alert for alerts in self.store.feed.values() for alert in alerts]
        ended = self.store.decisions.keys() | self.store.closed | self.store.ended_alerts
        due = {one.id: self.store.undecided_at.get(one.id, one.decide_by) for one in every}
        late = [one for one in every if due[one.id] <= now and one.id not in ended]
        kept = [self.store.kept(one.id) for one in sorted(late, key=lambda one: due[one.id])[:limit]]
        back = sorted(self.store.reminders.values(), key=lambda one: one.at)
        return Due(kept, [one for one in back if one.at <= now][:limit])

    def held_back(self, now: float, limit: int) -> list[HeldBack]:
        due = [one for one in self.store.held_back if one.key < f"{now:017.6f}~"]
        return sorted(due, key=lambda one: one.key)[:limit]

    def waiting(self) -> int:
        return len(self.store.waiting)

    def forget_held_back(self, held: Sequence[HeldBack]) -> None:
        self.store.faults.enter("told")
        keys = {one.key for one in held}
        self.store.held_back = [one for one in self.store.held_back if one.key not in keys]

    def note_notified(self, held: Sequence[HeldBack], operators: Collection[str]) -> None:
        keys = {one.key for one in held}
        self.store.held_back = [
            replace(one, notified=one.notified | set(operators)) if one.key in keys else one
            for one in self.store.held_back
        ]


class FakeDeadLetters:
    """flow.ports.delivery.DeadLetters."""

    def __init__(self) -> None:
        self.dead_letters: list[tuple[Alert, str]] = []

    def dead_letter(self, alert: Alert, reason: str) -> None:
        self.dead_letters.append((alert, reason))


class FakeReminderBook:
    """flow.ports.reminders.ReminderBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ACAO, contract, now)

    def remind(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        self.store.append(ACAO, [record], tail)
        self.store.reminders[reminder.operator, reminder.alert_id] = reminder

    def forget(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        self.store.append(ACAO, [record], tail)
        self.store.reminders.pop((reminder.operator, reminder.alert_id), None)

    def of(self, operator: str) -> list[Reminder]:
        return [one for one in self.store.reminders.values() if one.operator == operator]

    def done(self, reminder: Reminder) -> None:
        key = reminder.operator, reminder.alert_id
        if self.store.reminders.get(key) == reminder:
            del self.store.reminders[key]


class FakeAlertLog:
    """flow.ports.delivery.AlertLog."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def cursor(self) -> dict[str, int]:
        return {contract: len(alerts) for contract, alerts in self.store.feed.items() if alerts}

    def since(self, contract: str, seq: int, limit: int) -> list[Kept]:
        found = [alert.id for alert in self.store.feed[contract] if alert.seq > seq]
        return [self.store.kept(one) for one in found[:limit]]

    def find(self, alert_id: str) -> Alert | None:
        alerts = (alert for feed in self.store.feed.values() for alert in feed)
        return next((alert for alert in alerts if alert.id == alert_id), None)

    def listed(self, alerts: Sequence[Alert]) -> Mapping[str, Mapping[str, RingDecision]]:
        return {one.id: self.store.listed[one.id] for one in alerts if self.store.listed.get(one.id)}


class FakeScreens:
    """flow.ports.delivery.Screens; posts go into `frames`, sockets in `gone` and `failing` refuse."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Interest | None]] = {}
        self.followed: dict[str, tuple[tuple[str, ...], float]] = {}
        self.frames: list[tuple[str, bytes]] = []
        self.gone: set[str] = set()
        self.failing: set[str] = set()
        self.muted: dict[tuple[str, str, str], Mute] = {}

    def present(self, operators: Collection[str]) -> Present:
        here = [
            Screen(one, who, wish)
            for one, (who, wish) in sorted(self.rows.items())
            if wish and who in operators
        ]
        return Present(here, [one for one in self.muted.values() if one.operator in operators])

    def mute(self, mute: Mute) -> None:
        self.muted[mute.operator, mute.of, mute.name] = mute

    def unmute(self, mute: Mute) -> None:
        self.muted.pop((mute.operator, mute.of, mute.name), None)

    def everyone(self) -> list[Screen]:
        return [
            Screen(one, who, wish, *self.followed.get(one, ()))
            for one, (who, wish) in sorted(self.rows.items())
            if wish
        ]

    def post(self, connection_id: str, frame: bytes) -> Status:
        if connection_id in self.gone:
            self.closed(connection_id)
            return Status.GONE
        if connection_id in self.failing:
            return Status.FAILED
        self.frames.append((connection_id, frame))
        return Status.SENT

    def interest(self, connection_id: str) -> Interest | None:
        return self.rows[connection_id][1] if connection_id in self.rows else None

    def opened(self, connection_id: str, operator: str, now: float) -> None:
        self.rows[connection_id] = (operator, None)

    def subscribe(self, connection_id: str, interest: Interest) -> list[Mute] | None:
        if connection_id not in self.rows:
            return None
        operator = self.rows[connection_id][0]
        self.rows[connection_id] = (operator, interest)
        return self.present([operator]).mutes

    def follow(
        self, connection_id: str, instruments: Sequence[str], now: float, until: float
    ) -> frozenset[str] | None:
        if connection_id not in self.rows:
            return None
        follows, ends = self.followed.get(connection_id, ((), 0.0))
        self.followed[connection_id] = (tuple(instruments), until)
        return frozenset(follows) if now < ends else frozenset()

    def closed(self, connection_id: str) -> None:
        self.rows.pop(connection_id, None)
        self.followed.pop(connection_id, None)

    def watch(self, connection_id: str, operator: str, interest: Interest | None = None) -> None:
        """Open and subscribe in one go."""
        self.opened(connection_id, operator, NOW)
        self.subscribe(connection_id, interest or Interest())


class FakeAlertQueue:
    """flow.ports.delivery.AlertQueue."""

    def __init__(self) -> None:
        self.sent: list[Alert] = []
        self.faults = Faults()

    def send(self, alerts: Sequence[Alert]) -> None:
        self.faults.enter("send")
        self.sent += alerts
        self.faults.leave("send")


class FakeFallbackQueue:
    """flow.ports.delivery.FallbackQueue."""

    def __init__(self) -> None:
        self.started: list[tuple[Timer, int]] = []
        self.dead_letters: list[tuple[Timer, str]] = []
        self.faults = Faults()

    def start(self, timer: Timer, delay_s: int) -> None:
        self.faults.enter("start")
        self.started.append((timer, delay_s))

    def dead_letter(self, timer: Timer, reason: str) -> None:
        self.dead_letters.append((timer, reason))


class FakeMailbox:
    """flow.ports.mail.Mailbox."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.faults = Faults()

    def send(self, mail: Mail) -> str:
        self.faults.enter("send")
        self.sent.append(mail)
        return f"mail-{len(self.sent)}"


class FakeSender:
    """flow.ports.phone.Sender."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Note]] = []
        self.amended: list[tuple[str, Note]] = []
        self.withdrawn: list[tuple[str, str]] = []
        self.faults = Faults()

    def send(self, operator: Operator, note: Note) -> str:
        self.faults.enter("send")
        self.sent.append((operator.id, note))
        self.faults.leave("send")
        return f"note-{len(self.sent)}"

    def mark(self, operator: Operator) -> str:
        return f"hash of {operator.id}"

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        self.faults.enter("amend")
        self.amended.append((provider_id, note))

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        self.faults.enter("withdraw")
        self.withdrawn.append((operator.id, provider_id))


class FakeNotes:
    """flow.ports.phone.OpportunityNotes."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, Channel], KeptNote] = {}
        self.lines: dict[tuple[str, str, Channel], dict[int, str]] = defaultdict(dict)

    def of(self, opportunity: str, operator: str, channel: Channel) -> KeptNote:
        key = opportunity, operator, channel
        lines = self.lines[key]
        return replace(self.kept.get(key, KeptNote()), joined=tuple(lines[seq] for seq in sorted(lines)))

    def keep(
        self, alert: Alert, operator: str, channel: Channel, provider_id: str, now: float
    ) -> KeptNote | None:
        new, key = KeptNote(alert, provider_id), (topic_of(alert), operator, channel)
        old = self.kept.get(key)
        if old is not None and old.alert.seq > alert.seq:
            return new
        self.kept[key] = new
        return old if old != new else None

    def join(self, alert: Alert, operator: str, channel: Channel, line: str, now: float) -> KeptNote:
        self.lines[topic_of(alert), operator, channel][alert.seq] = line
        return self.of(topic_of(alert), operator, channel)


class FakeTroubles:
    """flow.ports.phone.TroubleBook."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Channel, str], Trouble] = {}

    def all(self) -> list[Trouble]:
        return sorted(self.found.values(), key=lambda one: one.since)

    def of(self, operator: str) -> list[Trouble]:
        return [one for one in self.all() if one.operator == operator]

    def failed(self, operator: str, channel: Channel, cause: str, now: float) -> bool:
        key = operator, channel, cause
        known = self.found.get(key, Trouble(*key, now, now, 0))
        self.found[key] = replace(known, newest=now, times=known.times + 1)
        return known.times == 0

    def worked(self, operator: str, channel: Channel) -> None:
        self.found = {key: one for key, one in self.found.items() if key[:2] != (operator, channel)}


class FakeDevices:
    """flow.ports.phone.Devices."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Device]] = defaultdict(dict)
        self.key: str | None = None
        self.silent: dict[str, float | None] = {}

    def of(self, operator: str) -> list[Device]:
        return sorted(self.kept[operator].values(), key=lambda one: one.since)

    def add(self, operator: str, device: Device) -> None:
        self.kept[operator][device.key] = device
        for old in self.of(operator)[:-AT_MOST]:
            self.remove(operator, old.key)

    def remove(self, operator: str, key: str) -> None:
        self.kept[operator].pop(key, None)

    def silent_until(self, operator: str) -> float | None:
        return self.silent.get(operator)

    def silence(self, operator: str, until: float | None) -> None:
        self.silent[operator] = 0.0 if until is None else until

    def public_key(self) -> str | None:
        return self.key


class FakeSmsGateway:
    """flow.ports.mail.SmsGateway."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []
        self.faults = Faults()

    def send(self, sms: Sms) -> str:
        self.faults.enter("send")
        self.sent.append(sms)
        return f"sms-{len(self.sent)}"


class FakeSuppressions:
    """flow.ports.mail.Suppressions."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, key: str) -> Suppression | None:
        return self.store.suppressed.get(key)

    def add(self, suppression: Suppression) -> None:
        self.store.suppressed.setdefault(suppression.key, suppression)

    def all(self) -> list[Suppression]:
        return sorted(self.store.suppressed.values(), key=lambda one: one.since)

    def lift(self, key: str) -> bool:
        return self.store.suppressed.pop(key, None) is not None


class FakeUnreachedBook:
    """flow.ports.mail.UnreachedBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def all(self) -> dict[str, Unreached]:
        return dict(self.store.unreached)

    def add(self, operator: Operator, cause: UnreachedCause, now: float) -> None:
        key = address_key(operator.email)
        last = self.store.unreached.get(key)
        since, times = (last.since, last.times + 1) if last else (now, 1)
        self.store.unreached[key] = Unreached(key, operator.id, cause, since, now, times)

    def remove(self, key: str) -> bool:
        return self.store.unreached.pop(key, None) is not None


class FakeFeedbackBook:
    """flow.ports.mail.FeedbackBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ENTREGA, contract, now)

    def heard(self, event: MailEvent) -> bool:
        return (event.message_id, event.status.value) in self.store.heard

    def record(self, event: MailEvent, record: Record, tail: Tail) -> bool:
        self.store.faults.enter("record")
        if self.heard(event):
            return False
        self.store.append(ENTREGA, [record], tail)
        self.store.heard.add((event.message_id, event.status.value))
        return True


FEED_LANE = "feed"


class FakeBridgeBook:
    """flow.ports.feeds.BridgeBook, and what `pregao bridges` asks."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def owner(self, bridge_id: str, signer: str, now: float) -> str:
        self.store.faults.enter("owner")
        return self.store.owners.setdefault(bridge_id, BridgeOwner(bridge_id, signer, now)).owner

    def owners(self) -> Sequence[BridgeOwner]:
        return [one for _, one in sorted(self.store.owners.items())]

    def forget(self, bridge_id: str) -> bool:
        return self.store.owners.pop(bridge_id, None) is not None


class FakeLevelBook:
    """flow.ports.levels.LevelBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def owned(self, owner: str) -> Owned:
        return self.store.owned.get(owner, Owned())

    def feeds(self, keys: Iterable[FeedKey]) -> dict[FeedKey, FeedNow]:
        live = {one: self.store.seen.get((*one, False)) for one in keys}
        closes, armed = self.store.closes, self.store.armed
        return {
            key: FeedNow(one.contract, closes.get(key), dict(armed.get(key, {})))
            for key, one in live.items()
            if one
        }

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ACAO, contract, now, "level")

    def change(
        self,
        owner: str,
        before: Owned,
        after: Sequence[PriceLevel],
        known: Iterable[FeedKey],
        record: Record,
        tail: Tail,
    ) -> None:
        self.store.faults.enter("change_levels")
        if self.owned(owner).version != before.version:
            raise Contended
        self.store.append(ACAO, [record], tail)
        self.store.owned[owner] = Owned(before.version + 1, tuple(after))
        were, armed = ({one.id: one for one in some if not one.paused} for some in (before.levels, after))
        for feed in known:
            there = self.store.armed.setdefault(feed, {})
            for one in were.keys() - armed.keys():
                there.pop(one, None)
            for one in armed.values():
                if (one.instrument, one.timeframe) == feed and were.get(one.id) != one:
                    there[one.id] = ArmedLevel(one, there[one.id].rang if one.id in there else None)
        self.store.faults.leave("change_levels")


class FakeFeedBook:
    """flow.ports.feeds.FeedBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self) -> Feeds:
        self.store.faults.enter("read")
        live = {key[:2]: one for key, one in self.store.seen.items() if not key[2]}
        seen = {key: joined(one, self.store.seen.get((*key, True))) for key, one in live.items()}
        return Feeds(seen, list(self.store.beats.values()), dict(self.store.feed_states))

    def keep_note(self, now: float) -> None:
        pass

    def heard(self) -> set[FeedKey]:
        return {key[:2] for key in self.store.seen} | self.store.past

    def mark(self, mark: Mark) -> Marked:
        feed = (mark.instrument, mark.timeframe)
        self.store.faults.enter("mark")
        if mark.past:
            self.store.past.add(feed)
            return Marked()
        last = self.store.seen.get((*feed, False))
        self._mark(mark)
        armed = tuple(self.store.armed.get(feed, {}).values())
        return Marked() if mark.historical else Marked(armed, last.newest if last else 0)

    def rang(self, one: LevelReached) -> None:
        self.store.faults.enter("rang")
        armed = self.store.armed.get((one.level.instrument, one.level.timeframe), {})
        if one.level.id not in armed:
            return
        if one.own.crossing is Crossing.ROLLED:
            del armed[one.level.id]
        else:
            last = max(armed[one.level.id].rang or 0, one.candle.time)
            armed[one.level.id] = replace(armed[one.level.id], rang=last)

    def _mark(self, mark: Mark) -> None:
        key = (mark.instrument, mark.timeframe, mark.historical)
        last = self.store.seen.get(key)
        if last and last.newest > mark.newest:
            return
        left_out = last and mark.before is not None and last.newest < mark.before
        gap_to = last.gap_to if last and not left_out else mark.before or 0
        if mark.candles and not mark.historical:
            self.store.closes[key[:2]] = mark.candles[-1].close
        names = (mark.instrument, mark.timeframe, mark.symbol, mark.contract, mark.bridge_id)
        self.store.seen[key] = Seen(*names, mark.newest, mark.received_at, gap_to)

    def beat(self, heartbeat: HeartbeatV1, now: float) -> dict[str, float]:
        self.store.beats[heartbeat.bridge_id] = heartbeat.beat(now)
        return dict(self.store.wanted.get(heartbeat.bridge_id, {}))

    def bridges(self) -> list[Beat]:
        return list(self.store.beats.values())

    def want(self, bridge_id: str, wanted: Mapping[str, float]) -> None:
        if bridge_id in self.store.beats:
            self.store.wanted.setdefault(bridge_id, {}).update(wanted)

    def tail(self, contract: str, now: float) -> Tail:
        return self.store.tail(ALERTAS, contract, now, FEED_LANE)

    def change(self, state: FeedState, record: Record, tail: Tail) -> bool:
        self.store.faults.enter("change")
        if not self._follows(state):
            return False
        self.store.append(ALERTAS, [record], tail)
        self.store.feed_states[state.key] = state
        self.store.faults.leave("change")
        return True

    def settle(self, state: FeedState) -> bool:
        self.store.faults.enter("settle")
        if not self._follows(state):
            return False
        self.store.feed_states[state.key] = state
        self.store.faults.leave("settle")
        return True

    def _follows(self, state: FeedState) -> bool:
        last = self.store.feed_states.get(state.key)
        return state.version == (last.version if last else 0) + 1


def quote_requests(store: Store) -> QuoteRequests:
    """Quotes wanted of the store's bridges; a symbol's instrument is what stands before its `$`."""
    return QuoteRequests(FakeFeedBook(store), lambda symbol: symbol.partition("$")[0])
