"""A run from candles to settled alerts: replay, listen, wait until all is quiet, account for every alert."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.credentials import Credentials

from local.audit.run_account import AuditView, read_audit
from local.load.prices import told
from local.load.replay import Hooks, Replayed, replay
from pregao.domain.alerts.signal import Severity
from pregao_bridge.cloud.signed import HttpPoster
from pregao_bridge.outcome import Accepted, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.load.load_clients import LoadClients
    from local.stack.running import StackInfo
    from pregao.config.loaded import Config
    from pregao.domain.market.candles import Candles
    from pregao_bridge.batch import Batch

STUCK_S = 3.0  # an alert that no screen shows for so long no longer holds a replay back
SETTLE_S = 420.0
"""The queues hide a message for up to 180 s: one whose function was too slow is back twice by then."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run; `lost` counts alerts that somebody they rang neither confirmed nor got mailed.

    `listed` counts those that did not ring an operator, by operator. `sessions` were closed after it;
    `unexplained` counts what rang otherwise than a scan of their candles, without a cause.
    """

    candles: int
    judged: int
    batches: int
    refused: int
    alerts: Mapping[str, int]
    patterns: Mapping[str, int]
    clients: int
    delivered: int
    receipts: int
    emails: int
    listed: int
    lost: int
    latency_ms: Mapping[str, float | None]
    audit: Mapping[str, int]
    seconds: float
    stopped: str | None
    sessions: int = 0
    unexplained: int = 0

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


class Pace:
    """Keeps a replay in step with the screens, and remembers when each alert was posted.

    A desk never sees two candles at once; posting the next before the last one's alerts are shown would
    measure the queue, not the way. An alert that no screen shows in time is not waited for again.
    """

    def __init__(self, crowd: LoadClients, progress: Callable[[int], None]) -> None:
        self.posted: dict[str, float] = {}
        self._awaited: set[str] = set()
        self._crowd = crowd
        self._progress = progress

    def before(self, _batch: Batch) -> None:
        """Wait until every alert admitted so far is on a screen."""
        until = time.monotonic() + STUCK_S
        while self._awaited and time.monotonic() < until:
            self._awaited -= self._shown()
            time.sleep(0.002)
        self._awaited.clear()

    def after(self, batch: Batch, outcome: Outcome) -> None:
        """Remember the admitted alerts of an answer."""
        if isinstance(outcome, Accepted):
            admitted = {str(one["id"]) for one in outcome.alerts if one["verdict"] == "admitted"}
            self.posted |= dict.fromkeys(admitted, outcome.posted_at)
            self._awaited |= admitted
        self._progress(batch.window.new)

    def latencies_ms(self) -> list[float]:
        """Return posted -> frame for every alert on every client."""
        return [
            (arrived - self.posted[alert]) * 1000
            for client in self._crowd.arrivals
            for alert, arrived in client.items()
            if alert in self.posted
        ]

    def _shown(self) -> set[str]:
        return {alert for alert in self._awaited for client in self._crowd.arrivals if alert in client}


def run(
    stack: StackInfo,
    config: Config,
    candles: Candles,
    symbol: str,
    crowd: LoadClients,
    *,
    speed: float | None,
    progress: Callable[[int], None] = lambda _new: None,
) -> Report:
    """Replay `candles` into a running stack while the crowd listens, and account for what happened."""
    since, started = datetime.now(UTC).isoformat(timespec="microseconds"), time.monotonic()
    pace = Pace(crowd, progress)
    done = replay(
        candles,
        symbol,
        config.instrument_for(symbol),
        poster(stack),
        speed=speed,
        warmup=config.detectors.warmup,
        hooks=Hooks(pace.before, pace.after, partial(told, stack, "replay", symbol)),
    )
    settle(stack)
    audit = read_audit(stack.client("dynamodb"), stack.outputs, since)
    return _report(done, audit, pace, crowd, config, time.monotonic() - started)


def poster(stack: StackInfo) -> HttpPoster:
    """Return the bridge's own poster aimed at the stack."""
    credentials = Credentials(stack.bridge_access_key, stack.bridge_secret_key)
    return HttpPoster(f"{stack.http_url}/candles", stack.region, credentials)


def settle(stack: StackInfo, within_s: float = SETTLE_S) -> bool:
    """Wait until no message waits in, or is on its way through, either queue; False when time ran out."""
    sqs, deadline = stack.client("sqs"), time.monotonic() + within_s
    quiet = 0
    while time.monotonic() < deadline and quiet < 3:
        waiting = sum(_messages(sqs, stack.outputs[name]) for name in ("AlertQueueUrl", "FallbackQueueUrl"))
        quiet = 0 if waiting else quiet + 1
        time.sleep(0.2)
    return quiet >= 3


def _messages(sqs: Any, url: str) -> int:
    kinds = ("", "NotVisible", "Delayed")
    names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _report(
    done: Replayed, audit: AuditView, pace: Pace, crowd: LoadClients, config: Config, seconds: float
) -> Report:
    return Report(
        candles=done.candles,
        judged=done.judged,
        batches=done.batches,
        refused=done.refused,
        alerts=audit.verdicts(),
        patterns=audit.patterns(),
        clients=len(crowd.arrivals),
        delivered=crowd.frames(),
        receipts=len(audit.reached("websocket", "received")),
        emails=len(audit.reached("email", "sent")),
        listed=len(audit.listed()),
        lost=len(lost(audit, config)),
        latency_ms=percentiles(pace.latencies_ms()),
        audit={"alertas": len(audit.alerts), "entrega": audit.attempts(), "acao": len(audit.actions)},
        seconds=round(seconds, 1),
        stopped=done.stopped,
    )


def lost(audit: AuditView, config: Config) -> set[tuple[str, str]]:
    """Return alert and operator (by audit_id) where somebody concerned was not reached with one admitted."""
    reached = audit.reached("websocket", "received") | audit.reached("email", "sent")
    reached |= audit.quiet() | audit.listed()
    due = {
        (alert_id, one.audit_id)
        for alert_id, alert in audit.admitted().items()
        for one in config.operators
        if _concerns(one, alert)
    }
    return due - reached


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p95, p99 and max in the values' unit, None without values."""
    if not values:
        return dict.fromkeys(("p50", "p95", "p99", "max"))
    cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else [values[0]] * 99
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(values)}
    return {name: round(value, 1) for name, value in found.items()}


def _concerns(operator: Any, alert: Mapping[str, Any]) -> bool:
    # Written anew, not asked of the code under test: the account must not share its mistakes.
    named = {alert["instrument"], alert["contract"], alert["symbol"], "*"}
    ranks = [severity.value for severity in (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)]
    return (
        bool(named & set(operator.symbols))
        and bool({alert["pattern"], "*"} & {str(one) for one in operator.patterns})
        and ranks.index(alert["severity"]) >= ranks.index(str(operator.min_severity))
    )
