"""Everything the fallback queue's consumer works with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pregao import clock, cold
from pregao.aws.clients import LateClient, client
from pregao.aws.counts import count_settled
from pregao.aws.mailbox import Mailbox
from pregao.aws.metrics import Tally
from pregao.aws.queues import FallbackQueue
from pregao.aws.secret import read_secret
from pregao.aws.sms import SmsGateway
from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.delivery.opportunity_notes import Notes
from pregao.aws.tables.delivery.troubles import Troubles
from pregao.bootstrap.books import deliveries, suppressions, unreached
from pregao.bootstrap.common import config, operators, pause
from pregao.domain.delivery.escalation import Retry
from pregao.domain.delivery.operators import EMAIL_ALONE
from pregao.flow.fallback import Fallback
from pregao.flow.steps.texting import SmsSettings
from pregao.settings import Settings
from pregao.wire.link_v1 import alert_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pregao.config.models import SmsConfig
    from pregao.domain.delivery.operators import Channel, Operator
    from pregao.domain.text.times import ZoneOf
    from pregao.flow.ports.phone import Pictures, Sender

tally = Tally("fallback")
count = partial(count_settled, tally)


@cold.once
def falling_back() -> Fallback:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "entrega_table",
        "fallback_queue_url",
        "fallback_dead_letters_url",
        "mail_from",
        "mail_events",
        "public_url",
        "token_secret_arn",
        "channels_secret_arn",
        "candles_table",
    )
    loaded = config(settings)
    rules, desk = loaded.delivery, operators(loaded)
    key = read_secret(client("secretsmanager"), settings.token_secret_arn)
    return Fallback(
        operators={one.id: one for one in desk},
        book=deliveries(settings, "fallback"),
        queue=FallbackQueue(
            LateClient("sqs"), settings.fallback_queue_url, settings.fallback_dead_letters_url
        ),
        mailbox=Mailbox(LateClient("sesv2"), settings.mail_events),
        suppressions=suppressions(settings),
        unreached=unreached(settings),
        mail_from=settings.mail_from,
        link=partial(alert_url, settings.public_url, key, clock.now),
        retry=Retry(rules.email_tries, rules.email_backoff_s, rules.email_give_up_s),
        pause=pause,
        clock=clock.now,
        texting=_texting(rules.sms),
        console=settings.console_url.rstrip("/"),
        after_decision=rules.email_after_decision == "brief",
        zone_of=loaded.zone_of,
        senders=_senders(settings, desk),
        pictures=_pictures(settings, desk, loaded.zone_of),
        silent_until=Devices(client("dynamodb"), settings.admission_table).silent_until,
        grace_s=rules.receipt_grace_s,
        notes=Notes(client("dynamodb"), settings.admission_table),
        troubles=Troubles(client("dynamodb"), settings.admission_table),
    )


def _senders(settings: Settings, desk: Iterable[Operator]) -> Mapping[Channel, Sender]:
    """Return who sends to phones; a desk that goes from the screen to e-mail imports none of it."""
    if not _carries(desk):
        return {}
    from pregao.aws.channels.addresses import Addresses
    from pregao.bootstrap.phone import senders

    return senders(
        Addresses(client("secretsmanager"), settings.channels_secret_arn, clock.now),
        client("dynamodb"),
        settings.admission_table,
        settings.mail_from,
        loopback=settings.loopback_push,
    )


def _pictures(settings: Settings, desk: Iterable[Operator], zone_of: ZoneOf) -> Pictures | None:
    if not _carries(desk):
        return None
    from pregao.aws.channels.picture import Pictures
    from pregao.aws.tables.market.candle_book import CandleBook

    return Pictures(CandleBook(client("dynamodb"), settings.candles_table).before, zone_of)


def _carries(desk: Iterable[Operator]) -> bool:
    """Tell whether somebody has a step between screen and e-mail."""
    return any(one.steps != EMAIL_ALONE for one in desk)


def _texting(rules: SmsConfig) -> SmsSettings | None:
    return SmsSettings(SmsGateway(LateClient("sns")), rules.min_severity) if rules.enabled else None
