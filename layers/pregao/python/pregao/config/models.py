"""The shapes in config/alertas.yaml, operators.yaml and officers.yaml; files.py has each file as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pregao.config.calendar import WEEKDAYS, SessionConfig, Weekday
from pregao.config.strict import Strict, close_match
from pregao.domain.alerts.admission import AdmissionRules, Mute
from pregao.domain.alerts.signal import Pattern, Severity
from pregao.domain.delivery.duty import Away, Duty, Quiet
from pregao.domain.delivery.operators import BUDGET, STEPS, Channel, Interest, OnConflict, Operator, Step
from pregao.domain.delivery.origin import Origin, parse_origin
from pregao.domain.detectors.bounds import held
from pregao.domain.detectors.settings import Count, DetectorSettings, Positive
from pregao.domain.market.family import Family
from pregao.domain.market.instrument import MONTH_LETTERS, ContractRule, Expiry, Instrument
from pregao.domain.market.sessions import TradingDays
from pregao.domain.market.timeframe import Timeframe

LONGEST_STEP_S = 300
"""An alert lives no longer by default."""
LONGEST_DELAY_S = 900
"""What a message can wait in SQS; no back-off is longer than the time after which e-mail gives up."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError(f"unknown time zone '{name}'; use an IANA name") from unknown
    return name


def _known_months(letters: str) -> str:
    if not letters or set(letters) - set(MONTH_LETTERS) or len(set(letters)) < len(letters):
        raise ValueError(f"'{letters}' must be distinct month letters of {MONTH_LETTERS}")
    return letters


def _known_pattern(name: str) -> str:
    known = ["*", *Pattern]
    if name not in known:
        raise ValueError(f"unknown pattern '{name}'{close_match(name, known)}")
    return name


SCREEN, LAST_STEP = "screen", Channel.EMAIL


def _a_step(text: str) -> str:
    name, _, wait = text.partition(" ")
    known = [SCREEN, *STEPS, LAST_STEP]
    if name not in known:
        raise ValueError(f"unknown channel '{name}'{close_match(name, known)}")
    if wait and not (wait.isascii() and wait.isdecimal() and int(wait) <= LONGEST_STEP_S):
        raise ValueError(
            f"'{text}': write the channel, or with the whole seconds after the step before it,"
            f" 0 to {LONGEST_STEP_S}, like '{name} 30'"
        )
    return text


def _steps(texts: Sequence[str]) -> tuple[Step, ...]:
    """Return the steps behind the screen."""
    parted = [one.partition(" ") for one in texts if one != SCREEN]
    return tuple(Step(Channel(name), int(wait) if wait else None) for name, _, wait in parted)


def _an_origin(text: str) -> str:
    if parse_origin(text) is None:
        raise ValueError(f"'{text}' is no origin; write https://host or https://host:port, nothing behind it")
    return text


def ascii_address(text: str) -> str:
    """Return an e-mail address as SES takes it, its domain in ASCII form ("xn--..."); raises ValueError.

    Lambda reads addresses too, so this is what the standard library can tell: `pregao config check` asks a
    library that a cold start would wait for.
    """
    local, at, domain = text.rpartition("@")
    if not local or not domain or len(text.split()) != 1 or "@" in local:
        raise ValueError(f"'{text}' is no e-mail address; write name@domain")
    if not local.isascii():
        raise ValueError(f"'{text}': SES takes ASCII alone before the @; use another address")
    try:
        return local + at + domain.encode("idna").decode()
    except UnicodeError as unfit:
        raise ValueError(f"'{text}': '{domain}' is no domain name; mend it") from unfit


def _an_address(text: str) -> str:
    ascii_address(text)
    return text


Address = Annotated[str, held(by=_an_address)]


@dataclass(frozen=True, kw_only=True)
class ContractsConfig(Strict):
    """Months with a contract (exchange letters) and the rule of their expiry."""

    months: Annotated[str, held(by=_known_months)]
    expiry: Expiry

    def rule(self) -> ContractRule:
        """Return the rule as the domain knows it."""
        return ContractRule(self.months, self.expiry)


@dataclass(frozen=True, kw_only=True)
class InstrumentConfig(SessionConfig):
    """One instrument; `aliases` are feed names, "{name}" in them stands for the instrument's own.

    `detectors` is complete: what the file says for this instrument over what it says for all.
    """

    tick_size: Positive
    point_value: Positive
    currency: Annotated[str, held(pattern=r"^[A-Z]{3}$")] = "BRL"
    timezone: Annotated[str, held(by=_known_zone)]
    contracts: ContractsConfig | None = None
    aliases: tuple[str, ...] = ()
    detectors: DetectorSettings = field(default_factory=DetectorSettings)

    def instrument(self, name: str, days: TradingDays) -> Instrument:
        """Return the instrument as the domain knows it, on the days of its calendar."""
        rule = None if self.contracts is None else self.contracts.rule()
        return Instrument(
            name=name,
            tick_size=self.tick_size,
            point_value=self.point_value,
            timezone=self.timezone,
            sessions=self.sessions(days),
            contracts=rule,
        )

    def names(self, name: str) -> set[str]:
        """Return every feed name of this instrument, contracts aside."""
        return {name, *(alias.replace("{name}", name) for alias in self.aliases)}


@dataclass(frozen=True, kw_only=True)
class FamilyConfig(InstrumentConfig):
    """Instruments of one form of code, all with the same grid and hours; `codes` names the form."""

    codes: Family
    contracts: None = None
    aliases: tuple[()] = ()


@dataclass(frozen=True, kw_only=True)
class MuteConfig(Strict):
    """Silences an instrument, a pattern, or a pattern of an instrument; absent means any."""

    instrument: str | None = None
    pattern: Pattern | None = None


@dataclass(frozen=True, kw_only=True)
class AdmissionConfig(Strict):
    """Limits in seconds of candle time, ticks and counts."""

    dedup_window_s: Count = 120
    price_band_ticks: Count = 10
    rate_window_s: Count = 60
    queue_limit: Count = 100
    alert_life_s: Count = 300
    mute: tuple[MuteConfig, ...] = ()

    def rules(self) -> AdmissionRules:
        """Return the rules as the domain takes them."""
        limits = {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if one.name not in {"alert_life_s", "mute"}
        }
        return AdmissionRules(**limits, mutes=tuple(Mute(m.instrument, m.pattern) for m in self.mute))


@dataclass(frozen=True, kw_only=True)
class SmsConfig(Strict):
    """An SMS beside the e-mail to operators with a phone, for alerts of a severity and above."""

    enabled: bool = False
    min_severity: Severity = Severity.MEDIUM


@dataclass(frozen=True, kw_only=True)
class DeliveryConfig(Strict):
    """Waits in seconds and the sender of e-mails; candles of other timeframes are refused."""

    receipt_grace_s: Annotated[int, held(ge=1, le=LONGEST_DELAY_S)] = 10
    email_tries: Count = 3
    email_backoff_s: Count = 30
    email_give_up_s: Annotated[int, held(ge=1, le=LONGEST_DELAY_S)] = 300
    email_after_decision: Literal["brief", "none"] = "brief"
    mail_from: Address
    timeframes: tuple[Timeframe, ...] = get_args(Timeframe)
    sms: SmsConfig = field(default_factory=SmsConfig)


@dataclass(frozen=True, kw_only=True)
class AttentionConfig(Strict):
    """What becomes of an opportunity whose first candle has both sides."""

    on_conflict: OnConflict = "list"


ReadyNote = Annotated[str, held(min_length=1, max_length=40)]
READY_NOTES = ("spread alto", "contra a tendência", "notícia", "já posicionado")


@dataclass(frozen=True, kw_only=True)
class DeskConfig(Strict):
    """Who decides for whom, and what is noted so often that the card has it ready.

    `decision`: the first one on an alert stands for the desk, or each operator decides for themself.
    """

    decision: Literal["first", "each"] = "first"
    notes: Annotated[tuple[ReadyNote, ...], held(max_length=6)] = READY_NOTES


@dataclass(frozen=True, kw_only=True)
class LevelsConfig(Strict):
    """How many price levels an operator may have; how long one lives, and may at most."""

    per_operator: Annotated[int, held(ge=0, le=100)] = 20
    life_days: Annotated[int, held(ge=1, le=365)] = 30
    longest_days: Annotated[int, held(ge=1, le=365)] = 90


@dataclass(frozen=True, kw_only=True)
class ScaleConfig(Strict):
    """In how many parts the feeds' marks and the waiting list are kept; see docs/SCALE.md."""

    shards: Annotated[int, held(ge=1, le=16)] = 1


@dataclass(frozen=True, kw_only=True)
class SecurityConfig(Strict):
    """Where the pages come from whose browsers may open a socket; none listed: from anywhere."""

    origins: tuple[Annotated[str, held(by=_an_origin)], ...] = ()

    def allowed(self) -> frozenset[Origin]:
        """Return the origins as the domain compares them."""
        return frozenset(origin for origin in map(parse_origin, self.origins) if origin)


Span = Annotated[str, held(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]
"""From a clock time to another, "18:45-08:45"."""


@dataclass(frozen=True, kw_only=True)
class AwayConfig(Strict):
    """Days without duty."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Raise ValueError naming what does not fit together."""
        if self.last < self.first:
            raise ValueError(f"an absence ends on {self.last}, before it begins on {self.first}")


@dataclass(frozen=True, kw_only=True)
class DutyConfig(Strict):
    """When e-mails come: weekdays, absences (both days included), quiet hours as "18:30-08:30"."""

    weekdays: tuple[Weekday, ...] = WEEKDAYS
    away: tuple[AwayConfig, ...] = ()
    quiet_hours: tuple[Span, ...] = ()

    def duty(self) -> Duty:
        """Return it as the domain knows it."""
        ends = (map(time.fromisoformat, one.split("-")) for one in self.quiet_hours)
        return Duty(
            frozenset(WEEKDAYS.index(day) for day in self.weekdays),
            tuple(Away(one.first, one.last) for one in self.away),
            tuple(Quiet(*pair) for pair in ends),
        )


@dataclass(frozen=True, kw_only=True)
class OperatorConfig(Strict):
    """A person of the desk and what concerns them."""

    id: Annotated[str, held(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]  # also a tag of SES
    audit_id: Annotated[
        str,
        held(
            pattern=r"^op-[a-z0-9]{6,32}$",
            told="what audit records call this person for life, telling nothing, like op-7d1f20c4",
        ),
    ]
    name: Annotated[str, held(min_length=1)]
    email: Address
    phone: Annotated[str, held(pattern=r"^\+[1-9]\d{7,14}$")] | None = None
    role: Literal["trader", "viewer", "compliance"] = "trader"
    language: Literal["pt-BR", "en"] = "pt-BR"
    symbols: tuple[str, ...] = ("*",)
    patterns: tuple[Annotated[str, held(by=_known_pattern)], ...] = ("*",)
    min_severity: Severity = Severity.MEDIUM
    budget: Annotated[int, held(ge=0, told="rings in a session; 0: every alert rings")] = BUDGET
    duty: DutyConfig = field(default_factory=DutyConfig)
    channels: tuple[Annotated[str, held(by=_a_step)], ...] = (SCREEN, LAST_STEP.value)

    def __post_init__(self) -> None:
        """Raise ValueError naming what does not fit together."""
        names = [one.partition(" ")[0] for one in self.channels]
        if names[:1] != [SCREEN] or self.channels[0] != SCREEN or names[-1:] != [LAST_STEP]:
            raise ValueError("channels: the first is 'screen', without a wait, and the last is 'email'")
        if len(set(names)) < len(names):
            raise ValueError("channels: each stands there once")

    def operator(self) -> Operator:
        """Return the operator as the domain knows them."""
        return Operator(
            id=self.id,
            name=self.name,
            email=ascii_address(self.email),
            role=self.role,
            language=self.language,
            interest=Interest(self.symbols, self.patterns, self.min_severity),
            duty=self.duty.duty(),
            audit_id=self.audit_id,
            phone=self.phone,
            budget=self.budget,
            steps=_steps(self.channels),
        )


@dataclass(frozen=True, kw_only=True)
class OfficerConfig(Strict):
    """Somebody who may look at the audit, and what its records call them."""

    id: Annotated[str, held(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
    audit_id: Annotated[
        str,
        held(
            pattern=r"^of-[a-z0-9]{6,32}$",
            told="what audit records call this person for life, telling nothing, like of-4b8e63d2",
        ),
    ]
    name: Annotated[str, held(min_length=1)]
    language: Literal["pt-BR", "en"] = "pt-BR"
