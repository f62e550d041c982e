"""Telegram's Bot API (https://core.telegram.org/bots/api): send a message or photo, edit, delete it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from urllib3 import encode_multipart_formdata

from pregao.aws.channels.http import Answer, patience, post
from pregao.domain.delivery.operators import Channel
from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, NoAddress
from pregao.wire.foreign_json import NotJson, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pregao.aws.channels.addresses import Address, Addresses
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.note import Note

SERVER = "https://api.telegram.org"
LONGEST, CAPTION = 4096, 1024
"""Characters of a message, and of the text below a photo."""
LONGEST_WAIT_S = 86_400
"""No note waits for so long; a larger number asks for no more."""
PHOTO = "photo-"
"""How the id of a message begins that is a photo: its text is changed by another method."""
REFUSED = {400: "bad_request", 401: "wrong_token", 403: "blocked", 404: "wrong_token", 413: "too_large"}
"""What stays so until a person mends it; 404 answers a token that is not in a token's form."""
UNFIT = {400, 413}
"""What a picture may be the cause of."""


class Telegram:
    """flow.ports.phone.Sender by a bot of the desk's own."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def send(self, operator: Operator, note: Note) -> str:
        """Send one message; see flow.ports.phone. Returns its number in the chat, marked where it is a photo.

        A picture that Telegram will not take is left out.
        """
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        if address is None:
            raise NoAddress
        if note.picture:
            with suppress(_Unfit):
                return PHOTO + _number(_ask_photo(address, _message(note, CAPTION, "caption"), note.picture))
        return _number(_ask(address, "sendMessage", _message(note)))

    def mark(self, operator: Operator) -> str:
        """Return the keyed hash of bot and chat; see flow.ports.phone."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        return self._addresses.sealed(address["token"], address["chat"]) if address else ""

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Put another text into a message; see flow.ports.phone."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        number = provider_id.removeprefix(PHOTO)
        if address is None or not number:
            return
        told = {"message_id": int(number)}
        if provider_id.startswith(PHOTO):
            _ask(address, "editMessageCaption", {**_message(note, CAPTION, "caption"), **told})
        else:
            _ask(address, "editMessageText", {**_message(note), **told})

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Delete a message; see flow.ports.phone."""
        address = self._addresses.of(operator.id, Channel.TELEGRAM)
        number = provider_id.removeprefix(PHOTO)
        if address is not None and number:
            _ask(address, "deleteMessage", {"message_id": int(number)})


class _Unfit(ChannelRefused):
    """The request is none that Telegram takes; a wrong chat or picture, certainly not sent."""


def _number(message: Mapping[str, Any]) -> str:
    """Return a message's number, "" where the answer has none: it was taken, and cannot be changed."""
    number = message.get("message_id")
    return str(number) if isinstance(number, int) else ""


def _message(note: Note, longest: int = LONGEST, name: str = "text") -> dict[str, Any]:
    """Return text and buttons; to an address of this machine it takes none: then there is one, as text."""
    text = f"{note.title}\n{note.text}"
    if not note.url.startswith("https://"):
        return {name: f"{text}\n{note.url}".strip()[:longest]}
    first, *others = ({"text": label, "url": url} for label, url in ((note.action, note.url), *note.links))
    rows = [[first], *(others[at : at + 2] for at in range(0, len(others), 2))]
    return {name: text[:longest], "reply_markup": {"inline_keyboard": rows}}


def _ask(address: Address, method: str, said: dict[str, Any]) -> dict[str, Any]:
    body = {"chat_id": address["chat"], "link_preview_options": {"is_disabled": True}, **said}
    return _asked(address, method, json.dumps(body).encode(), "application/json")


def _ask_photo(address: Address, said: dict[str, Any], picture: bytes) -> dict[str, Any]:
    fields = {"chat_id": address["chat"], **said}
    plain = {name: one if isinstance(one, str) else json.dumps(one) for name, one in fields.items()}
    body, kind = encode_multipart_formdata({**plain, "photo": ("chart.png", picture, "image/png")})
    return _asked(address, "sendPhoto", body, kind)


def _asked(address: Address, method: str, body: bytes, kind: str) -> dict[str, Any]:
    url = f"{address.get('server') or SERVER}/bot{address['token']}/{method}"
    answer = post(url, body, {"Content-Type": kind})
    told = _read(answer)
    if answer.status == 200 and told.get("ok") is True:
        result = told.get("result")
        return result if isinstance(result, dict) else {}
    if answer.status == 429:
        raise ChannelBusy("429", _patience(told, answer))
    if answer.status in UNFIT:
        raise _Unfit(REFUSED[answer.status])
    if answer.status in REFUSED:
        raise ChannelRefused(REFUSED[answer.status])
    raise ChannelSilent(str(answer.status))


def _patience(told: Mapping[str, Any], answer: Answer) -> float:
    """Return the seconds that Telegram asks to wait; whatever is no whole number of them counts as none."""
    asked = told.get("parameters")
    after = asked.get("retry_after") if isinstance(asked, dict) else None
    return float(min(after, LONGEST_WAIT_S)) if isinstance(after, int) else patience(answer.headers)


def _read(answer: Answer) -> dict[str, Any]:
    try:
        told = read_json(answer.body)
    except NotJson:
        return {}
    return told if isinstance(told, dict) else {}
