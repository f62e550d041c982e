"""The tables' books that several functions work with. Imports no more than these need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao.aws.clients import client
from pregao.aws.tables.action_book import ActionBook
from pregao.aws.tables.alert_log import AlertLog
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.aws.tables.reminder_book import ReminderBook
from pregao.aws.tables.suppressions import Suppressions
from pregao.aws.tables.unreached import UnreachedBook
from pregao.bootstrap.common import ledger
from pregao.domain.audit.chain import ACAO, ENTREGA

if TYPE_CHECKING:
    from pregao.settings import Settings


def deliveries(settings: Settings, lane: str = "") -> DeliveryBook:
    """Return the deliveries' state, with their audit chains of a lane."""
    chains = ledger(settings, settings.entrega_table, ENTREGA, lane)
    return DeliveryBook(client("dynamodb"), settings.admission_table, chains)


def actions(settings: Settings) -> ActionBook:
    """Return the operators' decisions."""
    chains = ledger(settings, settings.acao_table, ACAO)
    return ActionBook(client("dynamodb"), settings.admission_table, chains)


def reminders(settings: Settings) -> ReminderBook:
    """Return the watched alerts that come back."""
    chains = ledger(settings, settings.acao_table, ACAO)
    return ReminderBook(client("dynamodb"), settings.admission_table, chains)


def alert_log(settings: Settings) -> AlertLog:
    """Return the admitted alerts."""
    return AlertLog(client("dynamodb"), settings.admission_table)


def suppressions(settings: Settings) -> Suppressions:
    """Return the addresses that get no e-mail."""
    return Suppressions(client("dynamodb"), settings.admission_table)


def unreached(settings: Settings) -> UnreachedBook:
    """Return the mailboxes that e-mail does not reach now."""
    return UnreachedBook(client("dynamodb"), settings.admission_table)
