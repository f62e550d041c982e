"""bridge.toml as values, read key by key; nothing starts before all of it is read. It holds no secrets."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pregao_bridge.terminal.clock import NO_ZONE, parse
from pregao_bridge.terminal.metatrader import TIMEFRAMES as OF_TERMINAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REQUIRED = object()


class ConfigError(Exception):
    """A configuration that cannot be run; the message is `file: path: what is wrong; remedy`.

    In both languages: which one the person reads stands in the file that cannot be read.
    """


class Table:
    """One table; `where` is its path in the file, "" for the file itself."""

    def __init__(self, file: Path, where: str, values: Mapping[str, Any]) -> None:
        self.file, self._where, self._values = file, where, values
        self._known: list[str] = []

    def text(self, key: str, default: Any = _REQUIRED, most: int = 1000) -> Any:
        """Return a string that is not empty and has at most so many characters."""
        value = self._get(key, str, ("um texto entre aspas", "a text in quotes"), default)
        if value == "":
            raise self.wrong(
                key, "está vazio; escreva, ou tire a linha", "is empty; write it, or leave the line out"
            )
        if value is not None and len(value) > most:
            raise self.wrong(
                key,
                f"tem {len(value)} letras; no máximo {most}",
                f"has {len(value)} characters; at most {most}",
            )
        return value

    def whole(self, key: str, default: Any, least: int, most: int) -> Any:
        """Return a whole number within [least, most]."""
        return self._within(
            key, self._get(key, int, ("um número inteiro", "a whole number"), default), least, most
        )

    def number(self, key: str, default: Any, least: float, most: float) -> Any:
        """Return a number within [least, most]."""
        return self._within(
            key, self._get(key, (int, float), ("um número", "a number"), default), least, most
        )

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value: bool = self._get(key, bool, ("true ou false", "true or false"), default)
        return value

    def one_of(self, key: str, default: Any, allowed: Sequence[str]) -> Any:
        """Return one of the words allowed."""
        words = ", ".join(allowed)
        value = self._get(key, str, (f"um de {words}", f"one of {words}"), default)
        if value not in allowed:
            portuguese = f"{value!r} não existe; escreva um de {words}"
            raise self.wrong(key, portuguese, f"{value!r} is not known; write one of {words}")
        return value

    def table(self, key: str, *, required: bool = False) -> Table:
        """Return the table under a key, an empty one when it is not there and need not be."""
        named = f"uma tabela: [{key}]", f"a table: [{key}]"
        value = self._get(key, dict, named, _REQUIRED if required else {})
        return Table(self.file, self._path(key), value)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list that has at least one."""
        named = f"uma lista de tabelas: [[{key}]]", f"a list of tables: [[{key}]]"
        value = self._get(key, list, named, _REQUIRED)
        if not value or not all(isinstance(one, dict) for one in value):
            portuguese = f"pede ao menos uma tabela; escreva [[{key}]] e suas linhas"
            raise self.wrong(key, portuguese, f"needs at least one table; write [[{key}]] and its lines")
        return [Table(self.file, f"{self._path(key)}[{at}]", one) for at, one in enumerate(value)]

    def has_table(self, key: str) -> bool:
        """Whether a table, rather than a plain value, stands under the key."""
        return isinstance(self._values.get(key), dict)

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                known = ", ".join(self._known)
                maybe, meant = f"conhecidos aqui: {known}", f"known here: {known}"
                if near:
                    maybe, meant = f"seria {near[0]}?", f"did you mean {near[0]}?"
                raise self.wrong(key, f"não existe; {maybe}", f"is not known; {meant}")

    def wrong(self, key: str, portuguese: str, english: str) -> ConfigError:
        """Return the error that names a key of this table."""
        return ConfigError(f"{self.file}: {self._path(key)}: {portuguese} · {english}")

    def _get(self, key: str, kind: Any, named: tuple[str, str], default: Any) -> Any:
        self._known.append(key)
        if key not in self._values:
            if default is _REQUIRED:
                raise self.wrong(key, f"falta; pede {named[0]}", f"is missing; it needs {named[1]}")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            portuguese = f"{value!r} é de outro tipo; pede {named[0]}"
            raise self.wrong(key, portuguese, f"{value!r} is of another kind; it needs {named[1]}")
        return value

    def _within(self, key: str, value: Any, least: float, most: float) -> Any:
        if value is not None and not least <= value <= most:
            portuguese = f"{value} está fora da faixa; vai de {least} a {most}"
            raise self.wrong(key, portuguese, f"{value} is out of range; it goes from {least} to {most}")
        return value

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key


TIMEFRAMES = {name: one.seconds for name, one in OF_TERMINAL.items()}
"""What the cloud takes, in seconds."""
LANGUAGES = ("pt-BR", "en")
NAME, FEEDS = 32, 100
"""Characters of a name, and feeds of one bridge, that the cloud takes."""
_LOCAL = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where to post: `url` without the last part; `profile` None means the keys are in the environment."""

    url: str
    region: str
    profile: str | None

    @property
    def candles(self) -> str:
        """Return the URL of CandleBatch v1."""
        return f"{self.url}/candles"

    @property
    def heartbeats(self) -> str:
        """Return the URL of Heartbeat v1."""
        return f"{self.url}/heartbeats"

    @property
    def quotes(self) -> str:
        """Return the URL of Quote v1."""
        return f"{self.url}/quotes"


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """Which terminal: None leaves it to the one that runs and is logged in.

    `utc_offset_s` is what the server's offset is expected to be, in seconds east of UTC: another one measured
    is refused. `server_zone` says the same by a rule, "America/New_York+7". `clock_symbol` is a symbol with
    many ticks, to measure the server's clock by.
    """

    path: str | None
    login: int | None
    server: str | None
    portable: bool
    exchange_zone: str
    utc_offset_s: int | None
    clock_symbol: str | None = None
    server_zone: str | None = None


@dataclass(frozen=True, slots=True)
class FeedName:
    """A symbol as the terminal names it, and a timeframe ("M5")."""

    symbol: str
    timeframe: str

    @property
    def seconds(self) -> int:
        """Return the length of one candle."""
        return TIMEFRAMES[self.timeframe]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe}"


@dataclass(frozen=True, slots=True)
class Replay:
    """A file exported by MetaTrader 5 in the place of a terminal, `speed` times as fast as it was."""

    file: Path
    speed: float


@dataclass(frozen=True, slots=True)
class Config:
    """All that a bridge is told."""

    file: Path
    bridge_id: str
    language: str
    state: Path
    heartbeat_s: int
    log_bytes: int
    log_files: int
    cloud: Cloud
    terminal: TerminalSettings
    feeds: tuple[FeedName, ...]
    replay: Replay | None

    def exchange_offset_s(self, epoch_s: float) -> int:
        """Return the exchange's offset, seconds east of UTC, for times that people read."""
        shift = datetime.fromtimestamp(epoch_s, ZoneInfo(self.terminal.exchange_zone)).utcoffset()
        return 0 if shift is None else int(shift.total_seconds())


def load(file: Path) -> Config:
    """Read a configuration. Raises ConfigError, its message `file: path: what is wrong; remedy`."""
    top = Table(file, "", _parsed(file))
    log = top.table("log")
    config = Config(
        file=file,
        bridge_id=top.text("bridge_id", most=NAME),
        language=top.one_of("language", LANGUAGES[0], LANGUAGES),
        state=file.parent / top.text("state", "state"),
        heartbeat_s=top.whole("heartbeat_s", 60, 1, 600),
        log_bytes=log.whole("max_bytes", 2_000_000, 10_000, 1_000_000_000),
        log_files=log.whole("files", 5, 1, 100),
        cloud=_cloud(top.table("cloud", required=True)),
        terminal=_terminal(top.table("terminal")),
        feeds=_feeds(top),
        replay=_replay(top),
    )
    log.done()
    top.done()
    return config


def _parsed(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # Notepad puts a mark before the text
    except OSError as error:
        portuguese = "não pôde ser lido; copie para lá config/bridge.example.toml"
        english = f"{error.strerror}; copy config/bridge.example.toml there"
        raise ConfigError(f"{file}: {portuguese} · {english}") from error
    except UnicodeDecodeError as error:
        said = "não é UTF-8; salve como UTF-8 no editor · not UTF-8; save it as UTF-8 in the editor"
        raise ConfigError(f"{file}: {said}") from error
    except tomllib.TOMLDecodeError as error:
        hint = (
            "; um caminho com \\ vai entre aspas simples · a path with \\ goes in 'single quotes'"
            if "escape" in str(error) or "hex" in str(error)
            else ""
        )
        raise ConfigError(f"{file}: não é TOML · not TOML: {error}{hint}") from error


def _cloud(table: Table) -> Cloud:
    url = table.text("url").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        portuguese = f"{url!r} não é https; pegue HttpUrl nas saídas da pilha"
        raise table.wrong("url", portuguese, f"{url!r} is not https; take HttpUrl from the stack's outputs")
    cloud = Cloud(url, table.text("region"), table.text("profile", None))
    table.done()
    return cloud


def _terminal(table: Table) -> TerminalSettings:
    zone = table.text("exchange_zone", "America/Sao_Paulo")
    try:
        ZoneInfo(zone)
    except NO_ZONE as error:
        portuguese = f"{zone!r} não é um fuso; para a B3 escreva America/Sao_Paulo"
        english = f"{zone!r} is no zone; write America/Sao_Paulo for B3"
        raise table.wrong("exchange_zone", portuguese, english) from error
    settings = TerminalSettings(
        path=table.text("path", None),
        login=table.whole("login", None, 1, 2**63 - 1),
        server=table.text("server", None),
        portable=table.flag("portable", False),
        exchange_zone=zone,
        utc_offset_s=table.whole("utc_offset_s", None, -50_400, 50_400),
        clock_symbol=table.text("clock_symbol", None, most=NAME),
        server_zone=_server_zone(table),
    )
    if settings.server_zone is not None and settings.utc_offset_s is not None:
        portuguese = "e utc_offset_s dizem o mesmo; tire um"
        raise table.wrong("server_zone", portuguese, "and utc_offset_s say the same; leave one out")
    table.done()
    return settings


def _server_zone(table: Table) -> str | None:
    text: str | None = table.text("server_zone", None)
    try:
        return text if text is None or parse(text) else None
    except ValueError as error:
        portuguese = (
            f"{text!r} não é um fuso; escreva um como Europe/Athens, ou com horas, America/New_York+7"
        )
        said = f"{text!r} is no zone; write one such as Europe/Athens, or with hours, America/New_York+7"
        raise table.wrong("server_zone", portuguese, said) from error


def _feeds(top: Table) -> tuple[FeedName, ...]:
    feeds: list[FeedName] = []
    for table in top.tables("feeds"):
        feed = FeedName(table.text("symbol", most=NAME), table.one_of("timeframe", "M5", tuple(TIMEFRAMES)))
        table.done()
        if feed in feeds:
            portuguese = f"{feed} está aí duas vezes; tire um"
            raise table.wrong("symbol", portuguese, f"{feed} stands there twice; leave one out")
        feeds.append(feed)
    if len(feeds) > FEEDS:
        portuguese = f"são {len(feeds)}; no máximo {FEEDS} em uma ponte"
        raise top.wrong("feeds", portuguese, f"are {len(feeds)}; at most {FEEDS} in one bridge")
    return tuple(feeds)


def _replay(top: Table) -> Replay | None:
    if not top.has_table("source"):
        top.one_of("source", "mt5", ("mt5",))
        return None
    table = top.table("source")
    file = top.file.parent / table.text("replay")
    if not file.is_file():
        portuguese = f"{file} não está lá; escreva um arquivo exportado pelo MetaTrader 5"
        english = f"{file} is not there; name a file exported by MetaTrader 5"
        raise table.wrong("replay", portuguese, english)
    replay = Replay(file, float(table.number("speed", 1.0, 0.001, 100_000)))
    table.done()
    return replay
