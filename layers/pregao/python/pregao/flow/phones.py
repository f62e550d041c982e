"""An operator's own devices for notifications, and until when their phone is to stay silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.domain.delivery.operators import Channel, Operator
from pregao.domain.delivery.push import AT_MOST, Device
from pregao.flow.steps.answer import Answer
from pregao.wire.push_request_v1 import PushRefused, Silence, read_push
from pregao.wire.token_v1 import TokenRefused

if TYPE_CHECKING:
    from pregao.flow.authorize import Authorize
    from pregao.flow.ports.phone import Devices, TroubleBook


@dataclass(frozen=True, slots=True)
class Phones:
    """Dependencies; `clock` gives epoch seconds, `refused` hears why, `loopback` lets a stand-in in.

    `troubles` are the channels that do not reach somebody now.
    """

    operators: Sequence[Operator]
    authorize: Authorize
    devices: Devices
    clock: Callable[[], float]
    refused: Callable[[str], None]
    troubles: TroubleBook
    loopback: bool = False

    def answer(
        self, method: str, headers: Mapping[str, str], path: Mapping[str, str] | None, body: bytes
    ) -> Answer:
        """Answer one request; `headers` by their names in small letters, `path` may name a device's key."""
        told = self._told(method, headers, (path or {}).get("key"), body.decode(errors="replace"))
        if told.refused:
            self.refused(told.refused)
        return told

    def _told(self, method: str, headers: Mapping[str, str], key: str | None, body: str) -> Answer:
        try:
            who = self._who(headers)
            if method == "POST":
                self._take(who, read_push(body, self.clock(), loopback=self.loopback))
            elif method == "DELETE" and key:
                self.devices.remove(who.id, key)
        except TokenRefused as refused:
            return Answer(401, {"error": refused.cause}, refused.cause)
        except PushRefused as wrong:
            return Answer(400, {"error": wrong.why, "reasons": [str(wrong)]}, wrong.why)
        return Answer(201 if method == "POST" else 200, self._state(who))

    def _who(self, headers: Mapping[str, str]) -> Operator:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        asked = token.strip() if scheme.lower() == "bearer" else None
        named = self.authorize(asked, headers.get("origin")).operator
        return next(one for one in self.operators if one.id == named)

    def _take(self, who: Operator, said: Device | Silence) -> None:
        if isinstance(said, Silence):
            self.devices.silence(who.id, said.until)
        else:
            self.devices.add(who.id, said)
            self.troubles.worked(who.id, Channel.PUSH)  # what was wrong was wrong of the devices before

    def _state(self, who: Operator) -> dict[str, Any]:
        """Return what the page shows; an address of a device goes to nobody, its owner included."""
        until = self.devices.silent_until(who.id)
        return {
            "key": self.devices.public_key(),
            "at_most": AT_MOST,
            "devices": [
                {"key": one.key, "label": one.label, "since": one.since} for one in self.devices.of(who.id)
            ],
            "silent_until": until if until is not None and until > self.clock() else None,
            "troubles": [
                {"channel": one.channel.value, "cause": one.cause, "since": one.since, "times": one.times}
                for one in self.troubles.of(who.id)
            ],
            "steps": [{"channel": one.channel.value, "after_s": one.after_s} for one in who.steps],
        }
