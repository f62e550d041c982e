"""GET /metrics in Prometheus's text format 0.0.4, made of what GET /health says.

Imported where /metrics is asked for and nowhere else: the library brings an HTTP server along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "exposition"]

Rows = Iterable[tuple[Sequence[str], float | None]]
"""Values by their labels'; None is not known, and not told."""


def exposition(report: Mapping[str, Any]) -> str:
    """Return a health report as gauges; what a failed check could not read is left out."""
    return generate_latest(_Report(report)).decode()


@dataclass(frozen=True, slots=True)
class _Report(Collector):
    report: Mapping[str, Any]

    def collect(self) -> Iterable[Metric]:
        """Return every family of the report."""
        checks = self.report["checks"]
        yield _gauge(
            "up",
            "Whether a dependency answers.",
            ["dependency"],
            [([name], float(check["ok"])) for name, check in checks.items()],
        )
        yield from _queues(checks)
        yield from _feeds(self.report.get("feeds", ()))
        yield from _bridges(self.report.get("bridges", ()))
        unreached = self.report["unreached"] or {"operators": 0}
        count = float(unreached["operators"]) if checks["mailboxes"]["ok"] else None
        yield _gauge("operators_unreached", "Operators whom e-mail does not reach.", [], [([], count)])
        yield _gauge(
            "watch_age_seconds", "Since the minute's round told of the feeds.", [], _watch_age(self.report)
        )
        last_mail = self.report["last_mail"] or {}
        yield _gauge(
            "last_email_timestamp_seconds", "When the last e-mail was.", [], [([], last_mail.get("at"))]
        )
        yield InfoMetricFamily(
            "pregao_config", "The configuration in force.", {"digest": self.report["config_digest"]}
        )


def _watch_age(report: Mapping[str, Any]) -> Rows:
    at = report.get("watched_at")
    return [([], None if at is None else report["time"] - at)]


def _queues(checks: Mapping[str, Any]) -> Iterable[Metric]:
    waiting = checks["admission"].get("alerts_waiting")
    yield _gauge("alerts_waiting", "Alerts admitted and not finished.", [], [([], waiting)])
    queues = {name.removeprefix("queue_"): check for name, check in checks.items() if "visible" in check}
    for key, what in (("visible", "to be taken"), ("in_flight", "taken and not done")):
        rows = [([name], float(check[key])) for name, check in queues.items()]
        yield _gauge(f"queue_messages_{key}", f"Messages {what}, approximately.", ["queue"], rows)


def _feeds(feeds: Sequence[Mapping[str, Any]]) -> Iterable[Metric]:
    def gauge(name: str, help_: str, values: Iterable[float | None]) -> Metric:
        named = [(one["instrument"], one["timeframe"]) for one in feeds]
        return _gauge(
            f"feed_{name}", help_, ["instrument", "timeframe"], list(zip(named, values, strict=True))
        )

    ages = [one["age_s"] for one in feeds]
    yield gauge("age_seconds", "Since the newest candle closed, nights included.", ages)
    yield gauge("in_session", "Whether its market is open.", [float(one["in_session"]) for one in feeds])
    silent = [float(one["silent"] is not None) for one in feeds]
    aside = [float((one["set_aside"] or {}).get("count", 0)) for one in feeds]
    yield gauge("candles_set_aside", "Candles that cannot be, kept by a bridge and not judged.", aside)
    yield gauge("silent", "Whether candles should have come and did not.", silent)


def _bridges(bridges: Sequence[Mapping[str, Any]]) -> Iterable[Metric]:
    gauges = {
        "heartbeat_age_seconds": ("Since a bridge was heard of.", "age_s"),
        "clock_skew_seconds": ("How far a bridge's clock is ahead of the cloud's.", "skew_s"),
    }
    for name, (help_, key) in gauges.items():
        rows = [([one["bridge_id"]], one[key]) for one in bridges]
        yield _gauge(f"bridge_{name}", help_, ["bridge"], rows)


def _gauge(name: str, help_: str, labels: Sequence[str], rows: Rows) -> Metric:
    family = GaugeMetricFamily(f"pregao_{name}", help_, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, value)
    return family
