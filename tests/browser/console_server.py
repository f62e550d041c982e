"""A desk's server for the console's tests: the built page, the HTTP answers and the socket, in this process.

It speaks the protocol as the functions do (numbers per contract, resume by cursor, the first decision
stands), and it remembers what it was told.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from websockets.asyncio.server import Request, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.signal import Direction, Pattern, Severity
from pregao.domain.delivery.operators import Channel, Step
from pregao.flow.phones import Phones
from pregao.wire.alert_v1 import dump_alert
from pregao.wire.token_v1 import Identity
from tests.fakes import FakeDevices, FakeTroubles, an_alert, an_operator

DIST = Path(__file__).resolve().parents[2] / "local" / "console" / "dist"
ZONE = ZoneInfo("America/Sao_Paulo")
M5 = 300
PHONE_STEPS = (Step(Channel.PUSH), Step(Channel.EMAIL, 60))
MARKETS = {"WIN": ("WINZ26", 5.0, 127_900.0), "WDO": ("WDOZ26", 0.5, 5_412.5)}
Record = dict[str, Any]


def market(name: str, until: float, days: int = 8) -> list[dict[str, Any]]:
    """Candles of the last sessions, made up by a seeded walk; the newest is closed at `until`."""
    _, tick, price = MARKETS[name]
    chance, made = random.Random(name), []
    at = int(until) // M5 * M5 - M5
    first = at - days * 86_400
    times = [t for t in range(first // M5 * M5, at + 1, M5) if _in_session(t)] or [at]
    for t in [*times, *([at] if times[-1] != at else [])]:
        opened, price = price, price + tick * round(chance.gauss(0, 9))
        high = max(opened, price) + tick * chance.randrange(8)
        low = min(opened, price) - tick * chance.randrange(8)
        made.append({
            "time": t, "open": opened, "high": high, "low": low, "close": price,
            "tick_volume": chance.randrange(200, 900), "real_volume": chance.randrange(800, 9000),
        })  # fmt: skip
    return made


def _in_session(at: int) -> bool:
    there = datetime.fromtimestamp(at, ZONE)
    return there.weekday() < 5 and 9 * 60 <= there.hour * 60 + there.minute < 18 * 60 + 25


class Desk:
    """What the server knows and what it was told; its methods may be called from any thread."""

    def __init__(self) -> None:
        self.candles = {name: market(name, time.time()) for name in MARKETS}
        self.records: dict[str, Record] = {}
        self.seq: dict[str, int] = {contract: 10 for contract, _, _ in MARKETS.values()}
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.names = {"ana": "Ana Souza", "bruno": "Bruno Lima", "vera": "Vera Cruz"}
        self.languages = {"ana": "pt-BR", "bruno": "en", "vera": "pt-BR"}
        self.roles = {"ana": "trader", "bruno": "trader", "vera": "viewer"}
        self.wants: dict[str, frozenset[str]] = {}  # by operator; who is not named wants all
        self.levels: dict[str, list[Record]] = {}  # by operator
        self.most_levels = 20
        self.devices, self.troubles = FakeDevices(), FakeTroubles()
        self.reached: dict[str, list[Record]] = {}  # by alert
        self.muted: dict[str, list[Record]] = {}  # by operator
        self.others: list[str] = []  # instruments without a market
        self.notes = ["spread alto", "contra a tendência", "notícia", "já posicionado"]
        self.each = False  # everybody decides for themself
        self.acts: dict[str, list[Record]] = {}
        self.reminders: dict[str, dict[str, float]] = {}  # by operator
        self.handed: dict[str, Record] = {}  # by alert
        self.timeframes = ["M5"]
        self.zone = str(ZONE)  # of the exchange
        self.closed = False  # the door
        self.deaf = False  # lines that are up and answer nothing
        self.down: set[str] = set()  # endpoints that answer nothing but 503
        self.skew = 0.0
        self.feeds: dict[str, dict[str, Any]] = {}
        self.unwell: dict[str, Any] = {}  # what /health says beside that
        self.last_mail: dict[str, Any] | None = None
        self.sockets: dict[ServerConnection, str] = {}
        self.dead: set[ServerConnection] = set()  # connections through which nothing passes
        self.loop = asyncio.new_event_loop()

    # --- what a test lets happen ---

    def alert(self, name: str = "WIN", *, ago: int = 0, **changes: Any) -> Alert:
        """Make the next alert of an instrument on its newest candle, or one so many candles ago."""
        contract, tick, _ = MARKETS[name]
        candle = self.candles[name][-1 - ago]
        self.seq[contract] += 1
        detected = time.time() if not ago else candle["time"] + M5 + 0.4
        made = an_alert(
            candle["time"],
            contract=contract,
            price=candle["close"],
            tick_size=tick,
            now=detected,
            pattern=changes.pop("pattern", Pattern.LEVEL_BREAK),
            direction=changes.pop("direction", Direction.LONG),
        )
        span = 21 * tick
        sign = made.direction.sign
        prices = {
            "entry_min": made.price - 3 * tick,
            "entry_max": made.price + 3 * tick,
            "stop_loss": made.price - sign * span,
            "take_profit": made.price + sign * span,
            "severity": Severity.HIGH,
            "confidence": 0.27,
            "reason": {"level": made.price - 7 * tick, "margin": 7 * tick, "atr": 14 * tick},
        }
        if not ago:  # an old candle's alert, as on a quiet day, still lives from now
            closed = int(time.time())
            prices |= {"candle_closed_at": closed, "expires_at": closed + M5 + M5}
        return replace(made, seq=self.seq[contract], **(prices | changes))

    def ring(self, alert: Alert) -> Alert:
        """Keep an alert, detected just now whatever its candle, and send it to every screen."""
        alert = replace(alert, detected_at=time.time())
        self.keep(alert)
        frame = json.dumps({"action": "alert", "alert": json.loads(dump_alert(alert))})
        self._run(self._broadcast(frame, alert.instrument)).result(10)
        return alert

    def interest(self, operator: str) -> Record | None:
        """Return what concerns a trader."""
        if self.roles[operator] != "trader":
            return None
        return {
            "symbols": sorted(self.wants.get(operator, {"*"})),
            "patterns": ["*"],
            "min_severity": "medium",
        }

    def concerns(self, operator: str, instrument: str) -> bool:
        """Tell whether an operator wants an instrument's alerts."""
        return operator not in self.wants or instrument in self.wants[operator]

    def keep(self, alert: Alert, decision: dict[str, Any] | None = None, outcome: str | None = None) -> Alert:
        """Keep an alert, as if it had been rung when nobody listened."""
        state = "decided" if decision else "open"
        record = {
            "alert": json.loads(dump_alert(alert)),
            "state": state,
            "decision": decision,
            "outcome": outcome,
        }
        self.records[alert.id] = record
        return alert

    def decide(self, alert_id: str, operator: str, decision: str, note: str | None = None) -> bool:
        """Somebody decides, for the desk or for themself; everybody hears of it."""
        frame = self.made(alert_id, {"operator": operator, "decision": decision, "note": note})
        if "alert_id" not in frame:
            return False
        self.send(**frame)
        return True

    def made(self, alert_id: str, made: Record) -> Record:
        """Keep a decision and return its frame; the one that stands already, where there is one."""
        record, acts = self.records[alert_id], self.acts.setdefault(alert_id, [])
        if record["decision"]:
            return record["decision"]
        own = self.each and made["operator"] != "system"
        made |= {"at": self.now()} | ({"own": True} if own else {})
        standing = [one for one in acts if not one.get("own") or one["operator"] == made["operator"]]
        before = [one for one in standing if one["decision"] != "watching"] + [
            one for one in acts if (one["operator"], one["decision"]) == (made["operator"], "watching")
        ]
        if before and (before[0]["decision"] != "watching" or made["decision"] == "watching"):
            return before[0]
        acts.append(made)
        if not own and made["decision"] != "watching":
            record |= {"state": "decided", "decision": made}
        return {"action": "action", "alert_id": alert_id, **made}

    def seen(self, who: str, record: Record) -> Record:
        """Return an alert's record as it stands for an operator."""
        acts = self.acts.get(record["alert"]["id"], [])
        handed = self.handed.get(record["alert"]["id"])
        if handed and who in (handed["operator"], handed["to"]):
            record = record | {"handed": handed}
        if record["decision"] or not acts:
            return record | {"others": [one for one in acts if one is not record["decision"]]}
        mine = [one for one in acts if not one.get("own") or one["operator"] == who]
        mine.sort(key=lambda one: (one["decision"] == "watching", one["operator"] != who))
        stands = mine[0] if mine else None
        return record | {"decision": stands, "others": [one for one in acts if one is not stands]}

    def pending(self, who: str, alert_id: str, decision: str | None, at: float | None = None) -> None:
        """Tell every screen that somebody is about to decide, or no more."""
        at = at or self.now()
        until = at + 5 if decision else at
        told = {"alert_id": alert_id, "operator": who, "decision": decision, "at": at, "until": until}
        self._run(self._broadcast(json.dumps({"action": "pending", **told})))

    def level(self, who: str, method: str, level_id: str, asked: Record) -> tuple[Record, int]:
        """Set, change or remove an operator's price level; the answer and its status."""
        self.heard.append((who, {"action": f"level {method}", "id": level_id} | asked))
        mine = self.levels.setdefault(who, [])
        last = self.candles[asked.get("instrument", "WIN")][-1]["close"]
        if asked.get("price", last) > 2 * last:
            return {"error": "far", "reasons": ["longe demais"]}, 400
        if method == "POST":
            about = {"contract": MARKETS[asked["instrument"]][0], "expires_at": self.now() + 30 * 86_400}
            state = {"paused": False, "state": "armed", "rang_at": None}
            mine.append({"id": f"{len(self.heard):016x}"} | about | state | asked)
            return {"level": mine[-1]}, 201
        found = next((one for one in mine if one["id"] == level_id), None)
        if found is None:
            return {"error": "unknown", "reasons": ["não existe"]}, 404
        if method == "DELETE":
            mine.remove(found)
        else:
            found |= asked
            found["state"] = "paused" if found["paused"] else "armed"
        return {"level": found}, 200

    def phone(self, method: str, token: str, key: str, body: bytes) -> tuple[Record, int]:
        """Answer for an operator's devices as the function does."""
        people = [an_operator(name, steps=PHONE_STEPS) for name in self.names]
        named = lambda said, _origin: Identity(self.operator(said or "") or "", "trader")  # noqa: E731
        phones = Phones(people, named, self.devices, self.now, lambda _: None, self.troubles)
        told = phones.answer(method, {"authorization": f"Bearer {token}"}, {"key": key}, body)
        return told.fields, told.status

    def candle(self, name: str, candle: dict[str, Any], contract: str | None = None) -> None:
        """Close a candle, of another contract than the calendar's where one is named."""
        self.candles[name].append(candle)
        of = {"instrument": name, "contract": contract or MARKETS[name][0], "timeframe": "M5"}
        self.send(action="candle", **of, candle=dict(candle))

    def candles_together(self, closed: dict[str, dict[str, Any]]) -> None:
        """Close a candle of several markets in one moment: one frame, as a screen that asked so gets it."""
        told = []
        for name, candle in closed.items():
            self.candles[name].append(candle)
            told.append(
                {"instrument": name, "contract": MARKETS[name][0], "timeframe": "M5", "candle": dict(candle)}
            )
        self.send(action="candles", candles=told)

    def send(self, **frame: Any) -> None:
        """Send a frame to every screen."""
        self._run(self._broadcast(json.dumps(frame))).result(10)

    def cut(self, *, closed: bool = False) -> None:
        """End every connection, and let nobody in while `closed`."""
        self.closed = closed
        self._run(self._cut()).result(10)

    def deafen(self) -> None:
        """Let every connection die without a word: it seems open, and nothing passes any more."""
        self._run(self._deafen()).result(10)

    def frames(self, action: str, operator: str | None = None) -> list[dict[str, Any]]:
        """Return the frames of an action that came in, by an operator or by anybody."""
        return [frame for who, frame in self.heard if frame["action"] == action and operator in {None, who}]

    def now(self) -> float:
        """Return the server's clock."""
        return time.time() + self.skew

    # --- the socket ---

    async def _broadcast(self, text: str, instrument: str = "", only: str = "") -> None:
        for socket, who in list(self.sockets.items()):
            if (instrument and not self.concerns(who, instrument)) or only not in ("", who):
                continue
            try:
                await socket.send(text)
            except ConnectionClosed:
                self.sockets.pop(socket, None)

    async def _deafen(self) -> None:
        self.dead |= set(self.sockets)
        self.sockets.clear()

    async def _cut(self) -> None:
        for socket in list(self.sockets):
            await socket.close(1001)

    def _run(self, work: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def door(self, socket: ServerConnection, request: Request) -> Any:
        """Let in whose token names somebody of the desk, as the authorizer does."""
        if self.closed or urlsplit(request.path).path != "/alertas" or self.operator(_token(request)) is None:
            return socket.respond(HTTPStatus.FORBIDDEN, "no")
        return None

    def operator(self, token: str) -> str | None:
        """Return whom a token names."""
        name = token.removeprefix("token-")
        return name if token.startswith("token-") and name in self.names else None

    async def talk(self, socket: ServerConnection) -> None:
        """Serve one screen."""
        request = socket.request
        assert request
        who = self.operator(_token(request))
        assert who
        self.sockets[socket] = who
        try:
            async for message in socket:
                frame = json.loads(message)
                if socket in self.dead:
                    continue
                self.heard.append((who, frame))
                for answer in [] if self.deaf else self._answers(who, frame):
                    await socket.send(json.dumps(answer))
        except ConnectionClosed:
            pass
        finally:
            self.sockets.pop(socket, None)

    def _answers(self, who: str, frame: dict[str, Any]) -> list[dict[str, Any]]:
        match frame["action"]:
            case "subscribe":
                hello = {"operator": who, "role": self.roles[who], "server_time": self.now()}
                back = [self._comes_back(who)] if self.reminders.get(who) else []
                return [{"action": "hello", **hello, "cursor": dict(self.seq)}, *back]
            case "resume":
                return self._missed(who, frame["cursor"])
            case "ping":
                return [{"action": "pong", "server_time": self.now()}]
            case "act":
                return self._act(who, frame)
            case "handover" | "remind" as asked:
                return self._hand_over(who, frame["to"]) if asked == "handover" else self._remind(who, frame)
            case "mute":
                return self._mute(who, frame)
            case "unmute":
                mine = self.muted.get(who, [])
                self.muted[who] = [
                    one for one in mine if (one["of"], one["name"]) != (frame["of"], frame["name"])
                ]
                return [{"action": "muted", "mutes": self.muted[who]}]
            case "pending":
                self.pending(who, frame["alert_id"], frame["decision"])
        return []

    def _hand_over(self, who: str, to: str) -> list[Record]:
        made = {"operator": who, "to": to, "at": self.now()}
        mine = [
            one
            for one, record in self.records.items()
            if not record["decision"]
            and self.handed.get(one, {}).get("operator") != who
            and self.concerns(to, record["alert"]["instrument"])
        ]
        if not mine:
            return [{"action": "error", "code": "handover_nothing", "message": "nothing is open"}]
        self.handed |= dict.fromkeys(mine, made)
        news = {"action": "handover", "alert_ids": mine} | made
        self._run(self._broadcast(json.dumps(news), only=to))
        return [news]

    def _remind(self, who: str, frame: Record) -> list[Record]:
        mine = self.reminders.setdefault(who, {})
        mine.pop(frame["alert_id"], None)
        if frame["minutes"] is not None:
            mine[frame["alert_id"]] = self.now() + 60 * frame["minutes"]
        return [self._comes_back(who)]

    def _comes_back(self, who: str) -> Record:
        told = [{"alert_id": one, "at": at} for one, at in self.reminders[who].items()]
        return {"action": "reminders", "reminders": told}

    def remind(self, who: str, alert_id: str) -> None:
        """An alert comes back to an operator."""
        frame = json.dumps(
            {"action": "reminder", "alert_id": alert_id, "at": self.reminders[who].pop(alert_id)}
        )
        self._run(self._broadcast(frame, only=who)).result(10)

    def _mute(self, who: str, frame: Record) -> list[Record]:
        alert = self.records[frame["alert_id"]]["alert"]
        new = {"of": frame["of"], "name": alert[frame["of"]], "until": self.now() + 900}
        self.muted.setdefault(who, []).append(new)
        return [{"action": "muted", "mutes": self.muted[who]}]

    def _missed(self, who: str, cursor: dict[str, int]) -> list[dict[str, Any]]:
        told = [record["alert"] for record in self.records.values()]
        alerts = [one for one in told if self.concerns(who, one["instrument"])]
        missed = [one for one in alerts if one["seq"] > cursor.get(one["contract"], 10**9)]
        frames = [
            {"action": "alert", "alert": one}
            for one in sorted(missed, key=lambda one: (one["contract"], one["seq"]))
        ]
        reached = {name: max(seq, self.seq.get(name, 0)) for name, seq in cursor.items()}
        return [*frames, {"action": "resumed", "cursor": reached}]

    def _act(self, who: str, frame: dict[str, Any]) -> list[dict[str, Any]]:
        told = {name: frame.get(name) for name in ("decision", "note", "order_id")}
        made = self.made(frame["alert_id"], {"operator": who} | told)
        if "alert_id" not in made:
            said = f"{made['operator']}: {made['decision']}"
            return [{"action": "error", "code": "already_decided", "message": said}]
        self.loop.create_task(self._broadcast(json.dumps(made)))
        return []


class Answers(SimpleHTTPRequestHandler):
    """The page's files and the console's endpoints."""

    protocol_version = "HTTP/1.1"

    def __init__(self, desk: Desk, socket_url: list[str], *args: Any) -> None:
        self.desk, self.socket_url = desk, socket_url
        super().__init__(*args, directory=str(DIST))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_PATCH(self) -> None:
        """Change a price level."""
        self._level()

    def do_DELETE(self) -> None:
        """Remove a price level."""
        self._level()

    def _level(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        who = self.desk.operator(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if who is None:
            return self._json({}, 401)
        if self.path.startswith("/api/push"):
            return self._phone(sent)
        level_id = self.path.removeprefix("/api/levels").strip("/")
        return self._json(*self.desk.level(who, self.command, level_id, json.loads(sent or b"{}")))

    def _phone(self, sent: bytes = b"") -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        key = self.path.removeprefix("/api/push").strip("/")
        return self._json(*self.desk.phone(self.command, token, key, sent))

    def do_POST(self) -> None:
        """Answer the development login, a price level, a device, the decision of a page that is closed."""
        if self.path in {"/api/levels", "/api/push"}:
            return self._level()
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/decision"):
            return self._parted(self.path.split("/")[-2], sent.decode())
        asked = json.loads(sent)
        known = asked["operator"] in self.desk.names
        return self._json(
            {"token": f"token-{asked['operator']}"} if known else {"error": "unknown"}, 200 if known else 404
        )

    def _parted(self, alert_id: str, form: str) -> None:
        who = self.desk.operator(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if who is None:
            return self._json({}, 401)
        fields = {name: values[0] for name, values in parse_qs(form).items()}
        self.desk.heard.append((who, {"action": "parted", "alert_id": alert_id} | fields))
        stands = self.desk.decide(alert_id, who, fields["decision"], fields.get("note"))
        return self._json({}, 200 if stands else 409)

    def do_GET(self) -> None:
        """Answer the page or an endpoint."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/config.json":
            return self._json(
                {
                    "websocket_url": self.socket_url[0],
                    "api_url": "/api",
                    "dev_login": True,
                    "operators": list(self.desk.names),
                }
            )
        if not parts.path.startswith("/api/"):
            return super().do_GET()
        who = self.desk.operator(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if who is None:
            return self._json({"message": "Unauthorized"}, 401)
        if parts.path.split("/")[2] in self.desk.down:
            return self._json({"message": "Service Unavailable"}, 503)
        if parts.path == "/api/push":
            return self._phone()
        found = self._found(parts.path.removeprefix("/api/"), query, who)
        return self._json(
            found if found is not None else {"message": "not found"}, 200 if found is not None else 404
        )

    def _found(self, path: str, query: dict[str, str], who: str) -> Any:
        desk = self.desk
        match path.split("/"):
            case ["desk"]:
                instruments = [_instrument(name, tick, desk.zone) for name, (_, tick, _) in MARKETS.items()]
                instruments += [_instrument(name, 5.0, desk.zone) for name in desk.others]
                me = {
                    "id": who,
                    "name": desk.names[who],
                    "role": desk.roles[who],
                    "language": desk.languages[who],
                    "budget": 6,
                }
                others = [
                    {"id": one, "name": name, "interest": desk.interest(one)}
                    for one, name in desk.names.items()
                ]
                return {
                    "operator": me,
                    "operators": others,
                    "instruments": instruments,
                    "timeframes": desk.timeframes,
                    "notes": desk.notes,
                    "decision": "each" if desk.each else "first",
                }
            case ["health"]:
                return self._health()
            case ["candles"]:
                return self._candles(query)
            case ["levels"]:
                return {"levels": desk.levels.get(who, []), "at_most": desk.most_levels}
            case ["alerts"]:
                return self._alerts(query, who)
            case ["alerts", alert_id] if alert_id in desk.records and query.get("only") == "reached":
                return {"reached": desk.reached.get(alert_id, [])}
            case ["alerts", alert_id] if alert_id in desk.records:
                name = desk.records[alert_id]["alert"]["instrument"]
                return desk.seen(who, desk.records[alert_id]) | {"candles": _columns(desk.candles[name])}
        return None

    def _health(self) -> Any:
        well = {"timeframe": "M5", "age_s": 14.0, "in_session": True, "silent": None}
        feeds = [
            {"instrument": name, "contract": contract, "newest": self.desk.candles[name][-1]["time"]}
            | well
            | self.desk.feeds.get(name, {})
            for name, (contract, _, _) in MARKETS.items()
        ]
        bridges = [{"bridge_id": "mesa-1", "age_s": 12.0, "mute": False, "terminal": "live", "skew_s": 0.02}]
        told = {"status": "ok", "time": self.desk.now(), "feeds": feeds, "bridges": bridges}
        return told | {"last_mail": self.desk.last_mail} | self.desk.unwell

    def _candles(self, query: dict[str, str]) -> Any:
        contract, tick, _ = MARKETS.get(query["instrument"], (query["instrument"], 5.0, 0.0))
        before = float(query.get("before", "inf"))
        posted = self.desk.candles.get(query["instrument"], []) if query["timeframe"] == "M5" else []
        rows = [one for one in posted if one["time"] < before]
        about = {
            "instrument": query["instrument"],
            "contract": contract,
            "timeframe": query["timeframe"],
            "tick_size": tick,
        }
        hours = {"timezone": self.desk.zone, "session": {"open": "09:00", "close": "18:25"}}
        return {**about, **hours, "candles": _columns(rows[-int(query["limit"]) :])}

    def _alerts(self, query: dict[str, str], who: str) -> Any:
        name, at, zone = ("day", "candle_closed_at", ZONE) if "day" in query else ("rang", "detected_at", UTC)
        every = [self.desk.seen(who, one) for one in self.desk.records.values()]
        told = [one for one in every if self.desk.concerns(who, one["alert"]["instrument"])]
        mine = [one for one in told if _day(one["alert"][at], zone) == query[name]]
        start = int(query.get("next", 0))
        page = mine[start : start + 50]
        return {"alerts": page, "next": str(start + 50) if len(mine) > start + 50 else None}

    def _json(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _token(request: Request) -> str:
    return request.headers.get("Sec-WebSocket-Protocol", "").split(",")[-1].strip()


def _instrument(name: str, tick: float, zone: str) -> dict[str, Any]:
    hours = {"timezone": zone, "open": "09:00", "close": "18:25"}
    return {"name": name, "tick_size": tick, "decimals": 1 if tick < 1 else 0, **hours}


def _day(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d}"


def yesterday() -> str:
    """Return the desk's day before this one."""
    return f"{datetime.now(UTC).astimezone(ZONE) - timedelta(days=1):%Y-%m-%d}"


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        name: [row[name] for row in rows] for name in ("time", "open", "high", "low", "close", "real_volume")
    }


class Server:
    """A desk behind two ports of this machine, for the length of a `with`."""

    def __init__(self) -> None:
        self.desk = Desk()
        self._socket_url: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, self.desk, self._socket_url))
        self._http.daemon_threads = True
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._threads = [
            threading.Thread(target=self._http.serve_forever),
            threading.Thread(target=self._talk),
        ]
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def __enter__(self) -> Server:
        for thread in self._threads:
            thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self.desk.loop.call_soon_threadsafe(self._end.set)
        for thread in self._threads:
            thread.join(10)
        self._http.server_close()
        self.desk.loop.close()

    def _talk(self) -> None:
        asyncio.set_event_loop(self.desk.loop)
        self.desk.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with serve(
            self.desk.talk,
            "127.0.0.1",
            0,
            process_request=self.desk.door,
            select_subprotocol=lambda _, offered: "pregao.v1" if "pregao.v1" in offered else None,
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self._socket_url.append(f"ws://127.0.0.1:{port}/alertas")
            self._ready.set()
            await self._end.wait()
