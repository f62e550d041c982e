"""Telegram's Bot API: https://core.telegram.org/bots/api, sendMessage, editMessageText and deleteMessage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pregao.aws.channels.http import Answer, patience, post
from pregao.domain.delivery.operators import Channel
from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, NoAddress

if TYPE_CHECKING:
    from pregao.aws.channels.addresses import Address, Addresses
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.note import Note

SERVER = "https://api.telegram.org"
LONGEST = 4096
"""Characters of a message."""
REFUSED = {400: "bad_request", 401: "wrong_token", 403: "blocked", 404: "wrong_token"}
"""What stays so until a person mends it; 404 answers a token that is not in a token's form."""


class Telegram:
    """flow.ports.phone.Sender by a bot of the desk's own."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def send(self, operator: Operator, note: Note) -> str:
        """Send one message; see flow.ports.phone. Returns its number in the chat."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        if address is None:
            raise NoAddress
        return str(_ask(address, "sendMessage", _message(note))["message_id"])

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Put another text into a message; see flow.ports.phone."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        if address is not None:
            _ask(address, "editMessageText", {**_message(note), "message_id": int(provider_id)})

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Delete a message; see flow.ports.phone."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        if address is not None:
            _ask(address, "deleteMessage", {"message_id": int(provider_id)})


def _message(note: Note) -> dict[str, Any]:
    """Return text and button; a service refuses a button to an address of this machine: then it is text."""
    text = f"{note.title}\n{note.text}"
    if not note.url.startswith("https://"):
        return {"text": f"{text}\n{note.url}".strip()[:LONGEST]}
    button = {"text": note.action, "url": note.url}
    return {"text": text[:LONGEST], "reply_markup": {"inline_keyboard": [[button]]}}


def _ask(address: Address, method: str, said: dict[str, Any]) -> dict[str, Any]:
    body = {"chat_id": address["chat"], "link_preview_options": {"is_disabled": True}, **said}
    url = f"{address.get('server') or SERVER}/bot{address['token']}/{method}"
    answer = post(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    told = _read(answer)
    if answer.status == 200 and told.get("ok") is True:
        result = told.get("result")
        return result if isinstance(result, dict) else {}
    if answer.status == 429:
        asked = (told.get("parameters") or {}).get("retry_after") or patience(answer.headers)
        raise ChannelBusy("429", float(asked))
    if answer.status in REFUSED:
        raise ChannelRefused(REFUSED[answer.status])
    raise ChannelSilent(str(answer.status))


def _read(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
