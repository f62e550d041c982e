"""The tables' books that several functions work with. Each is imported when a function asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao.aws.clients import client
from pregao.bootstrap.common import ledger, settled_s
from pregao.domain.audit.chain import ACAO, ENTREGA

if TYPE_CHECKING:
    from pregao.aws.tables.alerts.action_book import ActionBook
    from pregao.aws.tables.alerts.alert_log import AlertLog
    from pregao.aws.tables.delivery.delivery_book import DeliveryBook
    from pregao.aws.tables.delivery.reminder_book import ReminderBook
    from pregao.aws.tables.delivery.suppressions import Suppressions
    from pregao.aws.tables.delivery.unreached import UnreachedBook
    from pregao.config.loaded import Config
    from pregao.settings import Settings


def deliveries(settings: Settings, lane: str = "", loaded: Config | None = None) -> DeliveryBook:
    """Return the deliveries' state, with their audit chains of a lane.

    Who ends deliveries hands the configuration over: the waiting list's parts, the operators' steps.
    """
    from pregao.aws.tables.delivery.delivery_book import DeliveryBook

    chains = ledger(settings, settings.entrega_table, ENTREGA, lane)
    scale = (loaded.scale.shards, settled_s(loaded)) if loaded else ()
    return DeliveryBook(client("dynamodb"), settings.admission_table, chains, *scale)


def actions(settings: Settings, loaded: Config | None = None) -> ActionBook:
    """Return the operators' decisions; who hands over hands the configuration over too."""
    from pregao.aws.tables.alerts.action_book import ActionBook

    chains = ledger(settings, settings.acao_table, ACAO)
    scale = (settled_s(loaded),) if loaded else ()
    return ActionBook(client("dynamodb"), settings.admission_table, chains, *scale)


def reminders(settings: Settings) -> ReminderBook:
    """Return the watched alerts that come back."""
    from pregao.aws.tables.delivery.reminder_book import ReminderBook

    chains = ledger(settings, settings.acao_table, ACAO)
    return ReminderBook(client("dynamodb"), settings.admission_table, chains)


def alert_log(settings: Settings) -> AlertLog:
    """Return the admitted alerts."""
    from pregao.aws.tables.alerts.alert_log import AlertLog

    return AlertLog(client("dynamodb"), settings.admission_table)


def suppressions(settings: Settings) -> Suppressions:
    """Return the addresses that get no e-mail."""
    from pregao.aws.tables.delivery.suppressions import Suppressions

    return Suppressions(client("dynamodb"), settings.admission_table)


def unreached(settings: Settings) -> UnreachedBook:
    """Return the mailboxes that e-mail does not reach now."""
    from pregao.aws.tables.delivery.unreached import UnreachedBook

    return UnreachedBook(client("dynamodb"), settings.admission_table)
