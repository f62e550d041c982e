"""How far this machine's clock is from the cloud's, by the Date of its answers."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

WARN_S = 2.0
"""A candle is judged by the cloud's clock: more than this and people should know."""
SIGNATURE_S = 240.0
"""AWS refuses signatures five minutes away from its own clock; this is near enough to be the cause."""


class Skew:
    """`seconds` is this clock minus the cloud's, positive when this one is ahead; None before an answer.

    A Date is cut to the second and the way there and back takes time: sure to half a second and half the way.
    """

    def __init__(self) -> None:
        self.seconds: float | None = None

    def hear(self, date: str | None, sent_at: float, received_at: float) -> None:
        """Take an answer's Date header; `sent_at` and `received_at` in epoch seconds. Nonsense is ignored."""
        try:
            cloud = parsedate_to_datetime(date or "").timestamp() + 0.5
        except ValueError:
            return
        self.seconds = (sent_at + received_at) / 2 - cloud

    @property
    def noticeable(self) -> float:
        """Return the skew in seconds where it matters, 0 where it does not or is not known."""
        return self.seconds if self.seconds is not None and abs(self.seconds) > WARN_S else 0.0

    @property
    def breaks_signatures(self) -> bool:
        """Whether it explains refused signatures."""
        return abs(self.noticeable) > SIGNATURE_S
