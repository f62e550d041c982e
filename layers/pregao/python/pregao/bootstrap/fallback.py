"""Everything the fallback queue's consumer works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.mailbox import Mailbox
from pregao.aws.queues import FallbackQueue
from pregao.aws.secret import read_secret
from pregao.aws.sms import SmsGateway
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.aws.tables.suppressions import Suppressions
from pregao.aws.tables.unreached import UnreachedBook
from pregao.bootstrap.common import config, ledger, operators, pause
from pregao.bootstrap.metrics import Tally
from pregao.config.models import SmsConfig
from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import ENTREGA
from pregao.flow.fallback import End, Fallback, Retry, Settled, fall_back
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.steps.texting import Texting
from pregao.settings import Settings
from pregao.wire.alert_v1 import load_timer
from pregao.wire.link_v1 import Link, issue_link

tally = Tally("fallback")

LINK_KEPT_S = 86_400
"""An alert can be looked at by its link for so long after its decision was due."""


@dataclass(frozen=True, slots=True)
class FallBack:
    """Reads a timer, settles it."""

    deps: Fallback

    def __call__(self, body: str, about: Callable[[str], None], time: TimeLeft) -> Settled:
        """Settle one timer; `about` hears the alert's id first. Raises to have it come again."""
        timer = load_timer(body)
        about(timer.alert.id)
        done = fall_back(timer, self.deps, time)
        _count(done)
        return done


def _count(done: Settled) -> None:
    outcomes = {
        "confirmed": done.received,
        "retried": done.retried,
        End.EMAILED: done.mailed,
        End.RECOVERED: done.recovered,
        "unknown": done.unknown,
        End.FAILED: done.given_up,
        End.WITHHELD: done.withheld,
        End.SUPPRESSED: done.suppressed,
    }
    for outcome, times in outcomes.items():
        if times:
            tally.count("Fallback", times, outcome=str(outcome))


@cache
def falling_back() -> FallBack:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "entrega_table",
        "fallback_queue_url",
        "fallback_graveyard_url",
        "mail_from",
        "mail_events",
        "public_url",
        "token_secret_arn",
    )
    loaded = config(settings)
    chain = ledger(settings, settings.entrega_table, ENTREGA, "fallback")
    rules = loaded.delivery
    key = read_secret(client("secretsmanager"), settings.token_secret_arn)
    return FallBack(
        Fallback(
            operators={one.id: one for one in operators(loaded)},
            book=DeliveryBook(client("dynamodb"), settings.admission_table, chain),
            queue=FallbackQueue(client("sqs"), settings.fallback_queue_url, settings.fallback_graveyard_url),
            mailbox=Mailbox(client("sesv2"), settings.mail_events),
            suppressions=Suppressions(client("dynamodb"), settings.admission_table),
            unreached=UnreachedBook(client("dynamodb"), settings.admission_table),
            mail_from=settings.mail_from,
            link=partial(_link, settings.public_url, key),
            retry=Retry(rules.email_tries, rules.email_backoff_s, rules.email_give_up_s),
            pause=pause,
            clock=clock.now,
            texting=_texting(rules.sms),
            console=settings.console_url.rstrip("/"),
            after_decision=rules.email_after_decision == "brief",
        )
    )


def _texting(rules: SmsConfig) -> Texting | None:
    return Texting(SmsGateway(client("sns")), rules.min_severity) if rules.enabled else None


def _link(public_url: str, key: str, alert: Alert, operator: str) -> str:
    link = Link(operator, alert.id)
    return f"{public_url}/act/{issue_link(link, key, now=clock.now(), until=alert.decide_by + LINK_KEPT_S)}"
