"""The desk's people, and the ways on which they are told of what is no alert of theirs alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from pregao.domain.delivery.operators import Operator
from pregao.flow.ports.delivery import Screens
from pregao.flow.ports.mail import Mailbox, Suppressions, UnreachedBook


@dataclass(frozen=True, slots=True)
class Channels:
    """Who is told, on which screens (posted to by `pool`), and by e-mail from whom."""

    operators: Sequence[Operator]
    screens: Screens
    pool: Executor
    mailbox: Mailbox
    suppressions: Suppressions
    unreached: UnreachedBook
    mail_from: str
