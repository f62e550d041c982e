"""A month of a desk of any size: what each counted scene uses as its desk grows, times how often it comes.

A scene's units are taken as a line in three numbers: operators whom an alert (or a candle) concerns, screens
open in all, and feeds that are known. Its slopes are differences between desks that were counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import TYPE_CHECKING, Any

from local.ops.costs import MINUTES_A_MONTH, Usage, idle_month, together
from local.stack.template import FUNCTION, Template, of_type
from pregao.config.tree import read_tree

if TYPE_CHECKING:
    from pathlib import Path

DAYS, HOURS, RECONNECTS = 21, 9.5, 5
"""A month's sessions, how long screens are open, and that API Gateway closes a socket after two hours."""
ALERTS_A_CANDLE = 2_694 / 20_000
"""WINFUT M5 of nine months (README): alerts of the shipped detectors over candles. Taken for every feed."""
BEAT_S = 20
"""A bridge's heartbeats, of which each tells it whose quotes are wanted (its ASK_S)."""
QUOTE_S, FOLLOW_S = 2, 60
"""A bridge posts a price so often while somebody looks; a screen says so often that it does."""
HEALTH_S, PING_S, CHARTS_A_DAY = 15, 25, 20
"""How often a visible console asks for /health and pings a quiet socket (its settings); charts: assumed."""
MAILED = 0.05
"""Alerts that find no screen of anybody: an assumption."""
FEEDS_A_BRIDGE = 100
FEEDS_A_POST = 25
"""Feeds that close together and go in one post (PER_POST of the bridge's outbox)."""
OF_A_POST = ("http_request", "lambda_request")
"""What a post uses once, whatever it holds: packed, it is below the 512 KB that a request is metered by."""
QUOTES_A_POST = 50
"""Prices that one post holds (MAX_QUOTES of wire/quote_v1.py)."""
BATCHES_A_MOMENT = 10
"""A stream is read four times a second, and a thousand posts take two to three: an assumption."""
MOMENT = 100
"""Candles of the scene a_moment_on_charts, and at most in one batch (the stream's BatchSize)."""
METRICS = 30
"""Metrics of our own that a month sees: an assumption, for refusals make one per reason that occurs."""


@dataclass(frozen=True)
class Counted:
    """Units of one scene on four desks.

    `small` has `recipients` and no other screens; `wider` so many other screens more; `fuller` as many
    recipients more instead; `fed` so many feeds more.
    """

    small: Usage
    wider: Usage
    fuller: Usage
    fed: Usage


@dataclass(frozen=True)
class Law:
    """Units of one scene as its desk grows; a slope is per one, never below zero."""

    none: Usage
    recipient: Usage
    screen: Usage
    feed: Usage

    @classmethod
    def of(cls, counted: Counted, recipients: int, more: int, feeds: int) -> Law:
        """Read the slopes off four desks: a recipient has a screen, which everybody reads past."""
        screen = _slope(counted.small, counted.wider, more)
        with_screen = _slope(counted.small, counted.fuller, more)
        recipient = {name: max(0.0, units - screen.get(name, 0)) for name, units in with_screen.items()}
        names = {**counted.small, **counted.fuller}
        none = {
            name: max(0.0, counted.small.get(name, 0) - recipients * with_screen.get(name, 0))
            for name in names
        }
        return cls(none, recipient, screen, _slope(counted.small, counted.fed, feeds))

    def at(self, recipients: float, screens: float, feeds: float) -> dict[str, float]:
        """Return the units on a desk of this size."""
        return together(
            (1, self.none), (recipients, self.recipient), (screens, self.screen), (feeds, self.feed)
        )


@dataclass(frozen=True)
class Load:
    """A desk: every operator has one screen open in the session and follows so many symbols."""

    name: str
    operators: int
    symbols: int
    timeframe_s: int
    followed: float

    @property
    def recipients(self) -> float:
        """Operators whom one symbol concerns, on average."""
        return self.operators * self.followed / self.symbols

    @property
    def candles(self) -> float:
        """Of all feeds in a month."""
        return self.symbols * DAYS * HOURS * 3600 / self.timeframe_s

    @property
    def alerts(self) -> float:
        """In a month."""
        return self.candles * ALERTS_A_CANDLE

    @property
    def watched(self) -> int:
        """Symbols whose price somebody looks at: one on each screen, no two the same where that can be."""
        return min(self.operators, self.symbols)

    @property
    def batch(self) -> float:
        """Candles that close together and come to ticker in one batch."""
        return min(MOMENT, max(1.0, self.symbols / BATCHES_A_MOMENT))

    @property
    def told(self) -> float:
        """Screens that follow at least one of a batch's symbols, each what it follows at random."""
        none = prod(max(0.0, 1 - self.followed / (self.symbols - n)) for n in range(round(self.batch)))
        return self.operators * (1 - none)

    @property
    def bridges(self) -> float:
        """Bridges that carry its feeds."""
        return max(1.0, self.symbols / FEEDS_A_BRIDGE)

    @property
    def posts(self) -> float:
        """Posts of candles in a month: each moment's feeds of a bridge go together."""
        return self.candles / self.symbols * self.bridges * ceil(self.symbols / self.bridges / FEEDS_A_POST)

    @property
    def open_s(self) -> float:
        """Seconds of screens open in a month."""
        return self.operators * DAYS * HOURS * 3600


def month(load: Load, laws: Mapping[str, Law], stands: Usage) -> dict[str, Usage]:
    """Return what a month uses, by what it is for."""

    def one(scene: str, recipients: float = load.recipients) -> dict[str, float]:
        return laws[scene].at(recipients, load.operators, load.symbols)

    screens = load.operators * DAYS
    posts = max(load.bridges, load.watched / QUOTES_A_POST)
    shown, mailed = (1 - MAILED) * load.alerts, MAILED * load.alerts
    return {
        "candles judged": _judged(load, one("a_quiet_candle")),
        "candles on charts": _charts(load, laws),
        "alerts": together((shown, one("an_alert_on_screens")), (mailed, one("an_alert_by_mail"))),
        "archive": together(
            (load.alerts, one("an_alert_archived")), (MINUTES_A_MONTH / 60, one("an_hour_sealed"))
        ),
        "screens open": together(
            (screens * RECONNECTS, one("a_screens_session")),
            (load.open_s / PING_S, one("a_ping")),
            (load.open_s / 60, {"socket_minute": 1}),
        ),
        "consoles asking": together(
            (load.open_s / HEALTH_S, one("health_asked")), (screens * CHARTS_A_DAY, one("a_chart_opened"))
        ),
        "watch": together((MINUTES_A_MONTH, one("a_quiet_minute"))),
        "heartbeats": together((load.bridges * MINUTES_A_MONTH * 60 / BEAT_S, one("a_heartbeat"))),
        "quotes": together(
            (
                posts * DAYS * HOURS * 3600 / QUOTE_S,
                one("a_price_told", load.operators / posts),
            ),
            (load.open_s / FOLLOW_S, one("a_screen_follows")),
        ),
        "price levels": _more((load.candles, one("a_candle_with_levels")), one("a_quiet_candle")),
        "standing": stands,
    }


def _judged(load: Load, one: Usage) -> dict[str, float]:
    """Return what a month's candles use where nothing rings: each its own, and each post once."""
    post = {unit: many for unit, many in one.items() if unit in OF_A_POST}
    each = {unit: many for unit, many in one.items() if unit not in OF_A_POST}
    return together((load.candles, each), (load.posts, post))


def _charts(load: Load, laws: Mapping[str, Law]) -> dict[str, float]:
    """Return what a month's batches of candles use: as many candles as each has, as many screens as hear."""
    one, many = (
        laws[scene].at(load.told, load.operators, load.symbols)
        for scene in ("a_candle_on_charts", "a_moment_on_charts")
    )
    batches, share = load.candles / load.batch, (load.batch - 1) / (MOMENT - 1)
    return together((batches * (1 - share), one), (batches * share, many))


def channels(load: Load, laws: Mapping[str, Law]) -> dict[str, float]:
    """Return what a month uses where a step on a phone stands before each e-mail: one more like it.

    What the messenger itself asks is not in it.
    """
    step = laws["an_alert_by_mail"].recipient
    steps = MAILED * load.alerts * load.recipients
    return {name: steps * units for name, units in step.items() if name != "ses_email"}


def _more(part: tuple[float, dict[str, float]], than: dict[str, float]) -> dict[str, float]:
    """Return what so many of one scene use more than as many of another."""
    times, used = part
    return {name: times * max(0.0, units - than.get(name, 0.0)) for name, units in used.items()}


def read_laws(path: Path) -> dict[str, Law]:
    """Read what each scene uses as its desk grows, from infra/units.yaml."""
    told: Any = read_tree(path, {}).data
    desks = told["recipients"], told["more"], told["feeds"]
    return {name: Law.of(Counted(**one), *desks) for name, one in told["scenes"].items()}


def standing(template: Template) -> Usage:
    """Return what stands for a month, as template.yaml declares it."""
    polled = sum(
        event["Type"] == "SQS"
        for function in of_type(template, FUNCTION).values()
        for event in function.get("Events", {}).values()
    )
    kinds = [one["Type"] for one in template["Resources"].values()]
    return idle_month(
        polled,
        kinds.count("AWS::SecretsManager::Secret"),
        kinds.count("AWS::CloudWatch::Alarm"),
        METRICS,
        kinds.count("AWS::KMS::Key"),
    )


def frames(parts: Mapping[str, Usage]) -> float:
    """Messages of a month that go out to screens or come from them."""
    return sum(usage.get("socket_message", 0) for usage in parts.values())


def _slope(low: Usage, high: Usage, by: int) -> dict[str, float]:
    return {name: max(0.0, (high.get(name, 0) - low.get(name, 0)) / by) for name in {**low, **high}}
