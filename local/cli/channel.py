"""`pregao channel`: where operators are reached on push and messengers; addresses are secrets."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from local.cli.paths import CONFIG, STATE
from local.cli.shared.options import Stack
from pregao import clock
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.operators import STEPS, Channel, Operator

if TYPE_CHECKING:
    from local.stack.deployed import Deployed
    from pregao.aws.channels.addresses import Addresses
    from pregao.aws.tables.delivery.devices import Devices
    from pregao.aws.tables.delivery.troubles import Troubles
    from pregao.domain.delivery.trouble import Trouble
    from pregao.domain.text.note import Note

NOTHING, NOT_SENT = 1, 1
TOKEN, CHAT = (
    re.compile(r"^\d{1,20}:[A-Za-z0-9_-]{1,100}$"),
    re.compile(r"^(-?\d{1,20}|@[A-Za-z0-9_]{1,64})$"),
)
NO_STEP = " (sem passo · no step)"
"""Of an address that nothing is sent to: no step of `channels` in operators.yaml names its channel."""
SERVER = re.compile(r"^(https://[^\s/@]+|http://(127\.0\.0\.1|localhost)(:\d+)?)$")
TITLE = {"pt-BR": "Pregão: teste do canal", "en": "Pregão: test of this channel"}
TEXT = {
    "pt-BR": "Aqui chegarão os alertas que nenhuma tela sua confirmar.",
    "en": "Alerts that none of your screens confirms will arrive here.",
}

ON_THE_PAGE = (
    "notificações se ligam na página (☎), em cada aparelho, depois de `pregao channel keys`"
    " · notifications are switched on in the page (☎), on each device, after `pregao channel keys`"
)

app = typer.Typer(
    help="Celular e mensageiros: pôr, testar, ver, tirar · phones and messengers: add, test, list, remove.",
    no_args_is_help=True,
)
Name = Annotated[
    str, typer.Argument(help="operador de operators.yaml · an operator of config/operators.yaml")
]
Way = Annotated[str, typer.Argument(help=f"canal · channel: {', '.join(STEPS)}")]


@dataclass(frozen=True)
class _Kept:
    """What a stack keeps of channels."""

    addresses: Addresses
    devices: Devices
    troubles: Troubles
    stack: Deployed


@app.command()
def add(
    operator: Name,
    channel: Way,
    server: Annotated[
        str | None,
        typer.Option(help="outro servidor do Bot API do Telegram · another server of Telegram's Bot API"),
    ] = None,
    stack: Stack = None,
) -> None:
    """Guarda o endereço de alguém num canal; pergunta por ele · keeps an address, which it asks for.

    O endereço vai para o Secrets Manager e para nenhum arquivo.

    It goes into Secrets Manager, into no file.
    """
    who, way = _operator(operator), _channel(channel)
    if way is Channel.PUSH:
        raise typer.BadParameter(ON_THE_PAGE)
    address = _telegram(server) if way is Channel.TELEGRAM else {"url": _url(way)}
    kept = _kept(stack)
    kept.addresses.put(who.id, way, address)
    kept.troubles.worked(who.id, way)  # what was wrong was wrong of the address before
    typer.echo(f"· {who.id}: {way} guardado · kept. Teste · test: pregao channel test {who.id} {way}")
    if all(one.channel is not way for one in who.steps):
        typer.echo(
            f"· falta o passo em · the step is missing in config/operators.yaml, {who.id}:"
            f" channels: [screen, {way} 10, email 60]"
        )


@app.command("test")
def send_test(operator: Name, channel: Way, stack: Stack = None) -> None:
    """Manda uma mensagem de teste e diz o que o serviço respondeu · sends one and says what came back."""
    from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, NoAddress

    who, way, kept = _operator(operator), _channel(channel), _kept(stack)
    try:
        provider_id = _senders(kept)[way].send(who, _note(who))
    except NoAddress:
        remedy = ON_THE_PAGE if way is Channel.PUSH else f"pregao channel add {who.id} {way}"
        _fail(f"{who.id} não tem endereço em · has no address on {way}: {remedy}")
    except ChannelBusy as busy:
        after = f", em · in {busy.after_s:.0f} s" if busy.after_s else ""
        _fail(f"{way} não aceitou agora · did not take it now ({busy}){after}; {_remedy(busy)}")
    except ChannelRefused as refused:
        _fail(f"{way} recusou · refused: {refused}; {_remedy(refused)}")
    except ChannelSilent as silent:
        _fail(
            f"{way}: não se sabe se chegou · nobody can tell whether it arrived ({silent}); {_remedy(silent)}"
        )
    kept.troubles.worked(who.id, way)
    typer.echo(f"· {way} aceitou · took it{f' ({provider_id})' if provider_id else ''}")


@app.command("list")
def list_channels(stack: Stack = None) -> None:
    """Mostra quem tem o quê, sem os endereços · who has what, without the addresses."""
    from pregao.config.reader import load

    kept = _kept(stack)
    found = kept.addresses.all()
    for one in load(CONFIG).operators:
        who = one.operator()
        steps = " → ".join(["screen", *(_step(step.channel, step.after_s) for step in who.steps)])
        devices = [device.label for device in kept.devices.of(who.id)]
        planned = {step.channel.value for step in who.steps}
        has = [
            *(one + ("" if one in planned else NO_STEP) for one in sorted(found.get(who.id, {}))),
            *(f"push ({label})" + ("" if Channel.PUSH in planned else NO_STEP) for label in devices),
        ]
        typer.echo(f"{who.id:<12}{steps:<48}{', '.join(has) or '-'}")
        for trouble in kept.troubles.of(who.id):
            typer.echo(f"{'':<12}! {_trouble(trouble)}")
    strangers = sorted(set(found) - {one.id for one in load(CONFIG).operators})
    if strangers:
        typer.echo(f"· fora da mesa, com endereço · not on the desk, with an address: {', '.join(strangers)}")
    if kept.devices.public_key() is None:
        typer.echo("· notificações desligadas · notifications are off: pregao channel keys")


@app.command()
def remove(
    operator: Annotated[str, typer.Argument(help="operador · operator")], channel: Way, stack: Stack = None
) -> None:
    """Tira o endereço, ou todos os aparelhos · takes an address away, or every device."""
    way, kept = _channel(channel), _kept(stack)
    devices = kept.devices.of(operator) if way is Channel.PUSH else []
    for device in devices:
        kept.devices.remove(operator, device.key)
    if not devices and (way is Channel.PUSH or not kept.addresses.remove(operator, way)):
        sys.stderr.write(f"pregao: {operator}: {way}: nada guardado · nothing is kept\n")
        raise typer.Exit(NOTHING)
    kept.troubles.worked(operator, way)
    typer.echo(f"· {operator}: {way} tirado · removed")


@app.command()
def keys(
    renew: Annotated[
        bool, typer.Option(help="outro par; cada aparelho se liga de novo · another pair; each device anew")
    ] = False,
    stack: Stack = None,
) -> None:
    """Faz o par de chaves das notificações, uma vez · makes the keys of notifications, once."""
    kept = _kept(stack)
    made = make_keys(kept.addresses, kept.devices, renew=renew)
    said = (
        "par de chaves feito · keys made"
        if made
        else "já há um par, nada a fazer · there is a pair already, nothing to do"
    )
    typer.echo(f"· {said}")


def make_keys(addresses: Addresses, devices: Devices, *, renew: bool = False) -> bool:
    """Make the keys of Web Push where there are none, and publish the public one; True where it made some."""
    from pregao.aws.channels.encryption import decode, encode, new_private_key, private_key, public_of

    made = renew or addresses.vapid is None
    if made:
        addresses.put_vapid(encode(new_private_key()))
    devices.publish(encode(public_of(private_key(decode(addresses.vapid or "")))))
    return made


REMEDIES = {
    "wrong_token": "o token do @BotFather · the token that @BotFather gave",
    "blocked": "abra a conversa com o bot e toque em Iniciar · open the chat with the bot and press Start",
    "bad_request": "o chat existe? mande /start ao bot · does the chat exist? send /start to the bot",
    "expired": "ative de novo em cada aparelho · switch it on again on each device",
    "wrong_key": "ative de novo em cada aparelho · switch it on again on each device",
    "not_reached": "sem conexão; confira --server e a rede · no connection; look at --server and the network",
    "bad_address": "o endereço não é deste canal · the address is not of this channel",
}


def _remedy(cause: object) -> str:
    return REMEDIES.get(str(cause), "docs/RUNBOOK.md, ChannelNotSent")


def _trouble(one: Trouble) -> str:
    since = f"{datetime.fromtimestamp(one.since, DESK_ZONE):%d/%m/%Y %H:%M}"
    return f"{one.channel}: {one.cause}, desde · since {since}, {one.times}x; {_remedy(one.cause)}"


def _step(channel: Channel, after_s: int | None) -> str:
    return channel.value if after_s is None else f"{channel} {after_s}"


def _telegram(server: str | None) -> dict[str, str]:
    if server is not None and not SERVER.match(server):
        raise typer.BadParameter("https://host, ou · or http://127.0.0.1:PORT")
    token = _asked("token do bot · the bot's token (@BotFather)", TOKEN)
    chat = _asked("chat (número · number)", CHAT, hidden=False)
    return {"token": token, "chat": chat, **({"server": server} if server else {})}


def _url(way: Channel) -> str:
    from pregao.aws.channels.apprise_service import PLUGINS, service_of

    schemes = " | ".join(f"{one}://" for one in PLUGINS[way][2])
    url: str = typer.prompt(f"endereço Apprise · Apprise address ({schemes})", hide_input=True)
    if service_of(way, url.strip()) is None:
        raise typer.BadParameter(f"não é um endereço {schemes} · is no such address; appriseit.com/services")
    return url.strip()


def _asked(what: str, form: re.Pattern[str], *, hidden: bool = True) -> str:
    said: str = typer.prompt(what, hide_input=hidden).strip()
    if not form.match(said):
        raise typer.BadParameter(f"{what}: não tem essa forma · is not of that form")
    return said


def _operator(name: str) -> Operator:
    from pregao.config.reader import load

    desk = {one.id: one.operator() for one in load(CONFIG).operators}
    if name not in desk:
        raise typer.BadParameter(f"{name} não está em · is not in config/operators.yaml; {', '.join(desk)}")
    return desk[name]


def _channel(name: str) -> Channel:
    if name not in set(STEPS):
        raise typer.BadParameter(f"{name}: {', '.join(STEPS)}")
    return Channel(name)


def _note(who: Operator) -> Note:
    from pregao.domain.text.note import Note

    title, text = TITLE[who.language], TEXT[who.language]
    return Note("test", title, (text,), "", "", "test", clock.now() + 300, who.language)


def _senders(kept: _Kept) -> Any:
    from pregao.bootstrap.phone import senders
    from pregao.config.reader import load

    dynamo, table = kept.stack.client("dynamodb"), kept.stack.outputs["AdmissionTable"]
    here = dynamo.meta.endpoint_url.startswith("http://127.0.0.1")
    return senders(kept.addresses, dynamo, table, load(CONFIG).delivery.mail_from, loopback=here)


def _kept(stack: str | None) -> _Kept:
    from local.stack.deployed import deployed
    from pregao.aws.channels.addresses import Addresses
    from pregao.aws.tables.delivery.devices import Devices
    from pregao.aws.tables.delivery.troubles import Troubles

    there = deployed(stack, STATE)
    secrets = Addresses(there.client("secretsmanager"), there.outputs["ChannelsSecretArn"], clock.now)
    state = there.client("dynamodb"), there.outputs["AdmissionTable"]
    return _Kept(secrets, Devices(*state), Troubles(*state), there)


def _fail(why: str) -> NoReturn:
    sys.stderr.write(f"pregao: {why}\n")
    raise typer.Exit(NOT_SENT)
