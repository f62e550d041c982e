"""What `pregao run` says, in the language of the machine: Portuguese where the locale is, else English."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


class Language(StrEnum):
    """What the commands for operators speak."""

    PT_BR = "pt-BR"
    EN = "en"


PORTUGUESE = {
    "building functions and layers": "montando funções e camadas",
    "starting the emulator": "iniciando o emulador",
    "deploying template.yaml": "implantando template.yaml",
    "waking the functions": "acordando as funções",
    "candles to {http}/candles, alerts from {websocket}": "velas em {http}/candles, alertas em {websocket}",
    "no page: it is not built; run: make console": "sem página: não foi montada; rode: make console",
    "the operators' page, signed in as {operator}: {url}": "página dos operadores, já como {operator}: {url}",
    "{channel} to {to}: {text}": "{channel} para {to}: {text}",
    "a messenger of this machine: pregao channel add ana telegram --server {url}": (
        "um mensageiro desta máquina: pregao channel add ana telegram --server {url}"
    ),
    "history: {count} candles since {first}": "histórico: {count} velas desde {first}",
    "replay of {days}: {symbol}, a {made} market, from {first}, {pace}": (
        "replay de {days}: {symbol}, mercado {made}, a partir de {first}, {pace}"
    ),
    "as fast as it goes": "o mais rápido possível",
    "{speed} times real time: a candle of {minutes} min every {seconds} s": (
        "{speed} vezes o tempo real: uma vela de {minutes} min a cada {seconds} s"
    ),
    "sessions over: {sessions}; alerts with their outcome on record: {alerts}, unlike a scan without a cause:"
    " {differing}; `pregao ledger` tells more": (
        "pregões terminados: {sessions}; alertas com desfecho gravado: {alerts}, diferentes de uma varredura"
        " sem causa: {differing}; `pregao ledger` mostra mais"
    ),
    "synthetic": "sintético",
    "recorded": "gravado",
    "still up: `pregao listen` and `pregao replay FILE` from another terminal; Ctrl-C ends it": (
        "continua no ar: `pregao listen` e `pregao replay ARQUIVO` em outro terminal; Ctrl-C encerra"
    ),
}
"""By the English sentence."""


def spoken(env: Mapping[str, str]) -> Language:
    """Return the language of a locale, as POSIX looks it up: the first variable that is set decides."""
    told = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return Language.PT_BR if told.lower().startswith("pt") else Language.EN


class Speaker:
    """Prints sentences of PORTUGUESE, or their English, a line each."""

    def __init__(self, console: Console, language: Language) -> None:
        self.console, self.language = console, language

    def __call__(self, english: str, **values: object) -> None:
        """Print a sentence with its values."""
        self.console.print(f"· {self.text(english, **values)}", markup=False, soft_wrap=True)

    def text(self, english: str, **values: object) -> str:
        """Return a sentence with its values."""
        said = PORTUGUESE[english] if self.language is Language.PT_BR else english
        return said.format(**values)
