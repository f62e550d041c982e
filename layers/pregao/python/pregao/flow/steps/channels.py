"""The operators, and the channels for notices to all of them: screens and e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator
    from pregao.flow.ports.mail import Mailbox, Suppressions, UnreachedBook
    from pregao.flow.ports.screens import Screens


@dataclass(frozen=True, slots=True)
class Channels:
    """Whom notices go to, their screens (posted to by `pool`), and the sender of e-mails."""

    operators: Sequence[Operator]
    screens: Screens
    pool: Executor
    mailbox: Mailbox
    suppressions: Suppressions
    unreached: UnreachedBook
    mail_from: str
