"""The configuration is checked whole before anything starts."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict
from datetime import date, time
from pathlib import Path

import pytest

from pregao.bootstrap.common import feed_rules
from pregao.config.backtest import BacktestConfig
from pregao.config.loaded import UnknownSymbol
from pregao.config.reader import ConfigError, load, load_backtest
from pregao.domain.alerts.signal import DETECTED, Pattern, Severity
from pregao.domain.delivery.duty import Away, Duty, Quiet
from pregao.domain.delivery.operators import Channel, Step
from pregao.domain.delivery.origin import Origin
from pregao.domain.detectors.settings import (
    DetectorSettings,
    LevelBreak,
    LevelSettings,
    Trade,
    VolatilityExtreme,
)
from pregao.domain.market.sessions import Hours

SHIPPED = Path(__file__).resolve().parents[2] / "config"
ALERTAS = """\
detectors:
  engulfing:
    min_body_atr: 1.5
instruments:
  WIN:
    tick_size: 5
    point_value: 0.2
    timezone: America/Sao_Paulo
    calendar: b3
    session_open: 09:00
    session_close: 18:25
    contracts: {months: GJMQVZ, expiry: wednesday_nearest_15th}
    aliases: ["{name}$N"]
delivery:
  mail_from: pregao@mesa.example
"""
CALENDAR = """\
calendars:
  b3:
    known_until: 2026-12-31
    closed:
      2026-12-25: Natal
    late_opens:
      2026-02-18: 13:00
"""
OPERATORS = """\
operators:
  - id: ana
    audit_id: op-7d1f20c4
    name: Ana
    email: ana@mesa.example
    symbols: [WIN]
"""


@pytest.fixture
def folder(tmp_path):
    def write(alertas=ALERTAS, operators=OPERATORS, calendar=CALENDAR):
        (tmp_path / "alertas.yaml").write_text(alertas, encoding="utf-8")
        (tmp_path / "operators.yaml").write_text(operators, encoding="utf-8")
        (tmp_path / "calendar.yaml").write_text(calendar, encoding="utf-8")
        return tmp_path

    return write


def refused(directory, overrides=(), env=None) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(directory, overrides, env or {})
    assert len(error.value.problems) == len(str(error.value).splitlines())
    return [line.replace(f"{directory}/", "") for line in str(error.value).splitlines()]


MEASURED = DetectorSettings(
    volatility_extreme=VolatilityExtreme(trade=Trade.CONTINUATION),
    level_break=LevelBreak(lookback=60, buffer_atr=0.25),
)
"""The blueprint's values but for these."""


def test_the_shipped_configuration_is_the_design():
    config = load(SHIPPED, env={})
    for name in ("WIN", "IND", "WDO", "DOL", "BIT", "EURUSD"):
        assert config.detectors_for(name) == MEASURED
    settings = config.detectors_for("WIN")
    assert settings.levels(Pattern.ENGULFING) == LevelSettings(0.25, 1.5, 1.5)
    assert [settings.severity(pattern) for pattern in DETECTED] == [
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.HIGH,
    ]
    assert asdict(config.admission) == {
        "dedup_window_s": 120,
        "price_band_ticks": 10,
        "rate_window_s": 60,
        "queue_limit": 100,
        "alert_life_s": 300,
        "mute": (),
    }
    assert [operator.operator().interest.min_severity for operator in config.operators] == ["medium", "high"]


@pytest.mark.parametrize("name", ["WIN", "IND", "WDO", "DOL", "BIT"])
def test_every_name_of_a_future_leads_to_it(name):
    config = load(SHIPPED, env={})
    for form in ("", "$", "$N", "$D", "@", "@N", "@D", "FUT", "Z26", "G27"):
        assert config.instrument_for(name + form).name == name
    assert config.instrument_for("EURUSD").timezone == "UTC"


def test_a_contract_asked_for_by_its_code_stays_that_contract():
    """Its name alone gives the front contract of the day."""
    config = load(SHIPPED, env={})
    assert config.instrument_for("WINM26").contract_on(date(2026, 4, 9)) == "WINM26"
    assert config.instrument_for("WIN$N").contract_on(date(2026, 4, 9)) == "WINJ26"
    assert config.instrument_for("EURUSD").contract_on(date(2026, 4, 9)) == "EURUSD"


@pytest.mark.parametrize("symbol", ["PETR9", "WINF26", "WIN$X", ""])
def test_an_unknown_symbol_is_answered_with_the_lines_to_add(symbol):
    with pytest.raises(UnknownSymbol, match=r"(?s)config/alertas.yaml.*aliases: .*tick_size: "):
        load(SHIPPED, env={}).instrument_for(symbol)


def test_a_typo_is_told_with_file_line_path_and_the_word_meant(folder):
    directory = folder(ALERTAS.replace("min_body_atr", "min_body_art"))
    assert refused(directory) == [
        "alertas.yaml:3: detectors.engulfing.min_body_art: unknown key; did you mean 'min_body_atr'?"
    ]


@pytest.mark.parametrize(
    "origin",
    ["mesa.example", "https://mesa.example/", "null", "https://*.mesa.example/x", "wss://mesa.example"],
)
def test_what_is_no_origin_is_told_with_how_one_is_written(folder, origin):
    text = f'{ALERTAS}security:\n  origins: ["https://mesa.example", "{origin}"]\n'
    (told,) = refused(folder(text))
    assert told == (
        f"alertas.yaml:17: security.origins[1]: '{origin}' is no origin;"
        " write https://host or https://host:port, nothing behind it"
    )


def test_origins_are_read_and_change_the_digest(folder):
    plain = load(folder(), env={})
    assert plain.security.allowed() == frozenset()
    listed = load(folder(f"{ALERTAS}security:\n  origins: [https://Mesa.example]\n"), env={})
    assert listed.security.allowed() == {Origin("https", "mesa.example", 443)}
    assert listed.digest != plain.digest


def test_all_problems_of_both_files_come_at_once(folder):
    alertas = ALERTAS.replace("1.5", "-1").replace("tick_size: 5", "tick_sise: 5").replace("18:25", "25:00")
    directory = folder(alertas, OPERATORS.replace("id: ana", "id: Ana!"))
    told = refused(directory)
    assert [line.split(": ")[:2] for line in told] == [
        ["alertas.yaml:3", "detectors.engulfing.min_body_atr"],
        ["alertas.yaml:11", "instruments.WIN.session_close"],
        ["alertas.yaml:5", "instruments.WIN.tick_size"],
        ["alertas.yaml:6", "instruments.WIN.tick_sise"],
        ["operators.yaml:2", "operators[0].id"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "tick_size: 5",
            "tick_size: .nan",
            "alertas.yaml:6: instruments.WIN.tick_size: input should",
        ),
        ("America/Sao_Paulo", "America/Sampa", "alertas.yaml:8: instruments.WIN.timezone: unknown time"),
        ("GJMQVZ", "GJA", "alertas.yaml:12: instruments.WIN.contracts.months: 'GJA' must be"),
        ("engulfing:", "engulfin:", "alertas.yaml:2: detectors.engulfin: unknown key; did you mean"),
        (
            "  engulfing:",
            "  warmup: 100\n  engulfing:",
            "alertas.yaml:1: detectors: volatility_extreme",
        ),
        ("    min_body_atr", "\tmin_body_atr", "alertas.yaml:3: not YAML: found character"),
        (
            "delivery:",
            "detectors: {}\ndelivery:",
            "alertas.yaml:14: detectors: duplicate key, first on",
        ),
        (
            "  mail_from: pregao@mesa.example",
            "  email_tries: 3",
            "alertas.yaml:14: delivery.mail_from: required",
        ),
        (
            "    tick_size: 5",
            "    x: &a [*a]\n    tick_size: 5",
            "alertas.yaml:6: instruments.WIN.x[0]: refers",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(folder, old, new, told):
    assert any(line.startswith(told) for line in refused(folder(ALERTAS.replace(old, new, 1))))


def test_a_missing_file_is_told(tmp_path):
    told = refused(tmp_path)
    assert told[0].startswith("alertas.yaml:1: cannot be read (No such file")
    assert told[1].startswith("calendar.yaml:1: cannot be read")
    assert told[2].startswith("operators.yaml:1: cannot be read")


def test_names_between_the_files_must_agree(folder):
    assert refused(folder(operators=OPERATORS.replace("[WIN]", "[WIM]"))) == [
        "operators.yaml:6: operators[0].symbols[0]: unknown instrument 'WIM'; did you mean 'WIN'?"
    ]
    told = refused(folder(operators=OPERATORS + OPERATORS.split("\n", 1)[1]))
    assert told == [
        "operators.yaml:7: operators[1].id: 'ana' is taken; ids are unique",
        "operators.yaml:8: operators[1].audit_id: 'op-7d1f20c4' is taken; ids are unique",
    ]
    muted = ALERTAS + "admission:\n  mute: [{instrument: WON}]\n"
    assert refused(folder(muted))[0].startswith("alertas.yaml:17: admission.mute[0].instrument: unknown")


def test_officers_have_a_list_of_their_own(folder):
    """A configuration of before has no such file, and nobody is an officer then."""
    there = folder()
    assert load(there, env={}).officers == ()
    carla = "  - id: carla\n    audit_id: of-4b8e63d2\n    name: Carla Nunes\n"
    (there / "officers.yaml").write_text(f"officers:\n{carla}", encoding="utf-8")
    config = load(there, env={})
    assert [one.name for one in config.officers] == ["Carla Nunes"]
    assert config.people().name_of("of-4b8e63d2") == "Carla Nunes"
    assert config.digest == load(folder(), env={}).digest
    (there / "officers.yaml").write_text(f"officers:\n{carla}{carla}", encoding="utf-8")
    assert refused(there) == [
        "officers.yaml:5: officers[1].id: 'carla' is taken; ids are unique",
        "officers.yaml:6: officers[1].audit_id: 'of-4b8e63d2' is taken; ids are unique",
    ]
    (there / "officers.yaml").write_text("officers:\n  - id: carla\n    name: Carla\n", encoding="utf-8")
    assert "officers[0].audit_id: required key is missing" in refused(there)[0]


def test_nobody_is_audited_by_name(folder):
    told = refused(folder(operators=OPERATORS.replace("    audit_id: op-7d1f20c4\n", "")))
    assert told == [
        "operators.yaml:2: operators[0].audit_id: required key is missing; add it: what audit records call"
        " this person for life, telling nothing, like op-7d1f20c4"
    ]
    assert "audit_id" in refused(folder(operators=OPERATORS.replace("op-7d1f20c4", "Ana Souza")))[0]


def test_one_name_cannot_lead_to_two_instruments(folder):
    lines = ALERTAS.split("\n")
    twin = "\n".join(["  IND:", *lines[5:12], '    aliases: ["WIN$N"]'])
    told = refused(folder(ALERTAS.replace("delivery:", f"{twin}\ndelivery:")))
    assert told == ["alertas.yaml:22: instruments.IND.aliases: 'WIN$N' is already a name of WIN"]


def test_environment_is_resolved_also_as_a_number(folder):
    alertas = ALERTAS.replace("1.5", "${BODY:-0.75}").replace("pregao@mesa", "${WHO}@mesa")
    config = load(folder(alertas), env={"WHO": "desk"})
    assert config.delivery.mail_from == "desk@mesa.example"
    assert config.detectors.engulfing.min_body_atr == 0.75
    assert load(folder(alertas), env={"WHO": "x", "BODY": "2"}).detectors.engulfing.min_body_atr == 2


def test_a_variable_without_value_or_default_is_refused(folder):
    told = refused(folder(ALERTAS.replace("pregao@mesa.example", "${WHO}")))
    remedy = "environment variable WHO is not set; set it or write ${WHO:-default}"
    assert told == [f"alertas.yaml:15: delivery.mail_from: {remedy}"]


def test_overrides_are_values_in_yaml(folder):
    overrides = ["detectors.engulfing.min_body_atr=0", "detectors.level_break.enabled=false"]
    config = load(folder(), overrides, {})
    assert config.detectors_for("WIN").engulfing.min_body_atr == 0
    assert not config.detectors_for("WIN").level_break.enabled
    assert config.digest != load(folder(), env={}).digest


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "detectors.engulfing.min_body=0",
            "detectors.engulfing.min_body: unknown key; did you mean 'min_body_atr'?",
        ),
        (
            "detectors.engulfing.min_body_atr=big",
            "detectors.engulfing.min_body_atr: input should be a valid number",
        ),
        ("detectors.engulfing", "detectors.engulfing: write path=value"),
        ("detectors.engulfing.min_body_atr.x=1", "detectors.engulfing.min_body_atr.x: a value stands where"),
        ("detectors.level_break=[", "detectors.level_break: write path=value"),
    ],
)
def test_an_override_is_refused_like_a_line_of_the_file(folder, override, told):
    assert refused(folder(), [override])[0].startswith(f"override '{override}': {told}")


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["scale.shards=0"], "scale.shards: input should be greater than or equal to 1"),
        (["scale.shards=17"], "scale.shards: input should be less than or equal to 16"),
        (
            ["admission.queue_limit=7", "scale.shards=8"],
            "scale.shards: 8 parts share admission.queue_limit, which is 7: at least a place each",
        ),
    ],
)
def test_the_parts_of_the_waiting_list_have_a_place_each(folder, overrides, told):
    assert refused(folder(), overrides)[0].startswith(f"override '{overrides[-1]}': {told}")
    assert load(folder(), ["admission.queue_limit=7", "scale.shards=7"], {}).scale.shards == 7
    assert load(folder(), env={}).scale.shards == 1


def test_an_instrument_overrides_what_it_names_and_inherits_the_rest(folder):
    own = "    detectors: {engulfing: {trend_atr: 3}, level_break: {levels: {stop_atr: 2}}}\n"
    config = load(folder(ALERTAS.replace("delivery:", f"{own}delivery:")), env={})
    settings = config.detectors_for("WIN")
    assert (settings.engulfing.trend_atr, settings.engulfing.min_body_atr) == (3, 1.5)
    assert settings.levels(Pattern.LEVEL_BREAK) == LevelSettings(0.25, 2, 1.5)
    assert config.detectors.engulfing.trend_atr == 1


def test_the_digest_is_of_the_content_not_of_the_people_or_the_spelling(folder):
    digest = load(folder(), env={}).digest
    assert len(digest) == 64
    assert load(folder(operators=OPERATORS.replace("ana@", "ana.souza@")), env={}).digest == digest
    assert load(folder("# a comment\n" + ALERTAS.replace("1.5", "1.50")), env={}).digest == digest
    assert load(folder(ALERTAS.replace("1.5", "1.6")), env={}).digest != digest


def test_a_configuration_cannot_be_changed_after_loading():
    config = load(SHIPPED, env={})
    with pytest.raises(FrozenInstanceError):
        config.digest = "x"


class TestDuty:
    """When an operator is e-mailed."""

    def test_always_unless_it_says_otherwise(self, folder):
        (ana,) = load(folder(), env={}).operators
        assert ana.operator().duty == Duty()

    def test_weekdays_absences_and_quiet_hours(self, folder):
        away = "[{first: 2026-12-21, last: 2027-01-04}]"
        duty = f"    duty: {{weekdays: [mon], away: {away}, quiet_hours: [18:45-08:45]}}\n"
        (ana,) = load(folder(operators=OPERATORS + duty), env={}).operators
        assert ana.operator().duty == Duty(
            frozenset({0}),
            (Away(date(2026, 12, 21), date(2027, 1, 4)),),
            (Quiet(time(18, 45), time(8, 45)),),
        )

    @pytest.mark.parametrize(
        ("duty", "told"),
        [
            ("{quiet_hours: [25:00-08:00]}", "operators.yaml:7: operators[0].duty.quiet_hours[0]: string"),
            (
                "{away: [{first: 2027-01-04, last: 2026-12-21}]}",
                "operators.yaml:7: operators[0].duty.away[0]:",
            ),
            (
                "{quiet: [18:00-19:00]}",
                "operators.yaml:7: operators[0].duty.quiet: unknown key",
            ),
        ],
    )
    def test_a_mistake_is_told(self, folder, duty, told):
        (line,) = refused(folder(operators=f"{OPERATORS}    duty: {duty}\n"))
        assert line.startswith(told)


class TestSms:
    """Off unless the desk switches it on; a phone is an E.164 number."""

    def test_shipped_it_is_off_and_nobody_has_a_phone(self):
        shipped = load(SHIPPED, env={})
        assert not shipped.delivery.sms.enabled
        assert {one.operator().phone for one in shipped.operators} == {None}

    def test_switched_on_for_who_has_a_phone(self, folder):
        on = ALERTAS + "  sms: {enabled: true, min_severity: critical}\n"
        loaded = load(folder(on, OPERATORS + '    phone: "+5511987654321"\n'), env={})
        assert loaded.delivery.sms.enabled
        assert loaded.delivery.sms.min_severity is Severity.CRITICAL
        assert loaded.operators[0].operator().phone == "+5511987654321"

    @pytest.mark.parametrize("phone", ["11987654321", "+55 11 98765-4321", "+0511987654321", "+55", "+1" * 9])
    def test_what_is_no_number_is_told(self, folder, phone):
        with pytest.raises(ConfigError, match=r"operators\.yaml:7.*phone"):
            load(folder(operators=OPERATORS + f'    phone: "{phone}"\n'), env={})


class TestCalendar:
    """config/calendar.yaml, and the hours of an instrument."""

    def test_a_calendar_that_is_not_there_is_refused(self, folder):
        assert refused(folder(ALERTAS.replace("calendar: b3", "calendar: b4"))) == [
            "alertas.yaml:9: instruments.WIN.calendar: no calendar 'b4' in calendar.yaml; did you mean 'b3'?"
        ]

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("2026-12-25", "2026-02-30", "calendar.yaml:5: calendars.b3.closed.2026-02-30"),
            ("2026-12-25", "2027-12-25", "calendar.yaml:2: calendars.b3: 2027-12-25 is after known_until"),
            (
                "2026-12-25",
                "2026-02-18",
                "calendar.yaml:2: calendars.b3: 2026-02-18 is closed and opens late",
            ),
            ("closed:", "close:", "calendar.yaml:4: calendars.b3.close: unknown key; did you mean 'closed'?"),
            ("13:00", "25:00", "calendar.yaml:7: calendars.b3.late_opens.2026-02-18"),
            ("    known_until: 2026-12-31\n", "", "calendar.yaml:2: calendars.b3.known_until: required"),
            ("    closed:", "    weekdays: []\n    closed:", "calendar.yaml:4: calendars.b3.weekdays: tuple"),
        ],
    )
    def test_a_mistake_in_the_calendar_is_told_where_it_stands(self, folder, old, new, told):
        assert any(line.startswith(told) for line in refused(folder(calendar=CALENDAR.replace(old, new, 1))))

    @pytest.mark.parametrize(
        ("seasons", "told"),
        [
            ("[{first: 2024-05-02, last: 2024-05-01}]", "a season ends on 2024-05-01, before it begins"),
            (
                "[{first: 2024-05-01, last: 2024-06-01}, {first: 2024-06-01, last: 2024-07-01}]",
                "two seasons hold 2024-06-01",
            ),
            (
                "[{first: 2024-05-01, last: 2024-06-01, close: 08:00}]",
                "a session from 09:00 to 08:00 crosses",
            ),
        ],
    )
    def test_hours_that_cannot_be_are_refused(self, folder, seasons, told):
        (line,) = refused(folder(ALERTAS.replace("    contracts", f"    seasons: {seasons}\n    contracts")))
        assert line.startswith(f"alertas.yaml:5: instruments.WIN: {told}")

    def test_a_holiday_is_part_of_the_digest(self, folder):
        digest = load(folder(), env={}).digest
        assert load(folder(calendar=CALENDAR.replace("12-25", "12-24")), env={}).digest != digest

    def test_an_instrument_trades_on_its_calendar(self, folder):
        sessions = load(folder(), env={}).instrument_for("WIN").sessions
        assert sessions.on(date(2026, 12, 25)) is None
        assert sessions.on(date(2026, 2, 18)) == Hours(time(13), time(18, 25))
        assert sessions.days.known_until == date(2026, 12, 31)


class TestBacktest:
    """config/backtest.yaml."""

    @staticmethod
    def refusal(folder, text):
        directory = folder()
        (directory / "backtest.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as error:
            load_backtest(directory, load(directory, env={}), {})
        return str(error.value).replace(f"{directory}/", "")

    def test_the_shipped_rules_are_the_design(self):
        rules = load_backtest(SHIPPED, load(SHIPPED, env={}), env={})
        assert (rules.truth, rules.gates) == (BacktestConfig().truth, BacktestConfig().gates)
        assert asdict(rules.truth) == {
            "horizon": 12,
            "leg_reversal_atr": 1.5,
            "leg_size_atr": 4,
        }
        assert asdict(rules.gates) == {
            "capture": 0.85,
            "false_positives": 0.10,
            "win_rate": 0.60,
            "evidence": 30,
        }

    def test_an_instrument_nobody_knows_has_no_costs(self, folder):
        said = self.refusal(folder, "costs:\n  WIM: {fees: 1}\n")
        assert said == "backtest.yaml:2: costs.WIM: unknown instrument 'WIM'; did you mean 'WIN'?"

    def test_a_typo_is_named_with_its_line(self, folder):
        said = self.refusal(folder, "truth:\n  horizont: 12\n")
        assert said == "backtest.yaml:2: truth.horizont: unknown key; did you mean 'horizon'?"

    def test_a_share_above_one_is_refused(self, folder):
        assert "gates.capture" in self.refusal(folder, "gates:\n  capture: 85\n")


class TestFeeds:
    """Which candles are missed, and when."""

    def test_the_shipped_ones_are_expected_once_they_came(self):
        rules = feed_rules(load(SHIPPED, env={}))
        assert (rules.expect, rules.ignore) == ({}, frozenset())
        assert rules.late_s(("WIN", "M5")) == 150

    def test_some_may_be_expected_with_their_own_patience_and_some_ignored(self, folder):
        more = "feeds:\n  expect: [{instrument: WIN, timeframe: M1, late_s: 600}]\n"
        more += "  ignore: [{instrument: WIN, timeframe: H1}]\n"
        rules = feed_rules(load(folder(ALERTAS + more), env={}))
        assert (rules.expect, rules.ignore) == ({("WIN", "M1"): 600.0}, frozenset({("WIN", "H1")}))
        assert rules.late_s(("WIN", "M1")) == 600

    @pytest.mark.parametrize("name", ["expect", "ignore"])
    def test_an_instrument_nobody_knows_is_named(self, folder, name):
        more = f"feeds:\n  {name}:\n    - {{instrument: WIM, timeframe: M5}}\n"
        (line,) = refused(folder(ALERTAS + more))
        assert f"feeds.{name}[0].instrument: unknown instrument 'WIM'; did you mean 'WIN'?" in line

    def test_a_timeframe_that_no_candle_has_is_refused(self, folder):
        more = "feeds:\n  expect: [{instrument: WIN, timeframe: M7}]\n"
        (line,) = refused(folder(ALERTAS + more))
        assert "feeds.expect[0].timeframe" in line


class TestChannels:
    """Which steps an operator has behind the screen, and when each begins."""

    def test_without_any_there_is_the_email_after_the_grace(self, folder):
        assert load(folder(), env={}).operators[0].operator().steps == (Step(Channel.EMAIL),)

    def test_each_with_the_seconds_after_the_step_before(self, folder):
        named = OPERATORS + "    channels: [screen, push, telegram 5, email 60]\n"
        steps = load(folder(operators=named), env={}).operators[0].operator().steps
        assert steps == (Step(Channel.PUSH), Step(Channel.TELEGRAM, 5), Step(Channel.EMAIL, 60))

    @pytest.mark.parametrize(
        ("named", "told"),
        [
            ("[push, email]", "the first is 'screen'"),
            ("[screen 5, email]", "without a wait"),
            ("[screen, push]", "the last is 'email'"),
            ("[]", "the first is 'screen'"),
            ("[screen, push, push 3, email]", "each stands there once"),
            ("[screen, telegramm, email]", "did you mean 'telegram'"),
            ("[screen, sms, email]", "unknown channel 'sms'"),
            ("[screen, push 5s, email]", "like 'push 30'"),
            ("[screen, push 301, email]", "0 to 300"),
            ("[screen, push -1, email]", "0 to 300"),
        ],
    )
    def test_what_is_no_order_is_told(self, folder, named, told):
        with pytest.raises(ConfigError, match=told):
            load(folder(operators=OPERATORS + f"    channels: {named}\n"), env={})
