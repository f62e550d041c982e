"""What becomes of an e-mail after the provider took it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Status

OPERATOR_TAG, ALERT_TAG = "operator", "alert"
"""The tags an e-mail is sent with; letters, digits, "_" and "-" are all that SES lets them have."""


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One report on one e-mail; it may come twice and in any order.

    `alert_id` is empty where the e-mail was about no single alert. `lost` says that it will not arrive,
    `suppresses` that its address must not be tried again. `detail` holds the provider's own words, never an
    address.
    """

    message_id: str
    status: Status
    address: str
    operator: str
    alert_id: str
    happened_at: float
    detail: Mapping[str, str]
    lost: bool = False
    suppresses: bool = False

    @property
    def description(self) -> str:
        """What happened, for whoever looks at a dead letter."""
        return ", ".join([f"e-mail {self.status}", *self.detail.values()])
