"""Everything GET /api/... works with: who asks, and what they may know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.alert_log import Feed
from pregao.aws.tables.candle_book import CandleBook
from pregao.aws.tables.history_book import HistoryBook
from pregao.bootstrap.authorize import Authorize, authorizing
from pregao.bootstrap.common import config, operators
from pregao.bootstrap.metrics import counter
from pregao.config.reader import Config
from pregao.domain.delivery.operators import Operator
from pregao.domain.market.candle import decimals_of
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.flow.desk import CANDLES_AT_MOST, Desk, NotFound
from pregao.flow.ports.desk import UnknownPage
from pregao.settings import Settings
from pregao.wire.desk_v1 import candle_columns, plain

count_refused = counter("desk")

Query = Mapping[str, str]
MOMENT = 2**40


class BadQuestion(ValueError):
    """A parameter that cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Knows the desk, and answers by route."""

    config: Config
    desk: Desk
    authorize: Authorize

    def __call__(self, route: str, token: str | None, path: Query, query: Query) -> dict[str, Any]:
        """Answer one question; raises TokenRefused, NotFound, BadQuestion."""
        routes: Mapping[str, Callable[[Operator, Query, Query], dict[str, Any]]] = {
            "GET /api/desk": self._desk,
            "GET /api/candles": self._candles,
            "GET /api/alerts": self._alerts,
            "GET /api/alerts/{id}": self._alert,
        }
        named = self.authorize(token).operator
        answer = routes.get(route)
        if answer is None:
            raise NotFound(route)
        who = next(one for one in self.desk.operators if one.id == named)
        return answer(who, path, query)

    def _desk(self, who: Operator, _path: Query, _query: Query) -> dict[str, Any]:
        return {
            "operator": {"id": who.id, "name": who.name, "role": who.role, "language": who.language},
            "operators": [{"id": one.id, "name": one.name} for one in self.desk.operators],
            "instruments": [self._instrument(name) for name in self.desk.instruments],
            "timeframes": list(self.config.delivery.timeframes),
        }

    def _instrument(self, name: str) -> dict[str, Any]:
        entry = self.config.entry_of(name)
        return {
            "name": name,
            "tick_size": entry.tick_size,
            "decimals": decimals_of(entry.tick_size),
            "timezone": entry.timezone,
            "open": f"{entry.session_open:%H:%M}",
            "close": f"{entry.session_close:%H:%M}",
        }

    def _candles(self, _who: Operator, _path: Query, query: Query) -> dict[str, Any]:
        instrument, timeframe = query.get("instrument", ""), query.get("timeframe", "M5")
        until = _number(query, "before", MOMENT) if "before" in query else None
        limit = _number(query, "limit", CANDLES_AT_MOST) if "limit" in query else 500
        found = self.desk.candles_of(instrument, timeframe, until, limit)
        about = self._instrument(instrument)
        newest = found[-1].time if found else int(self.desk.clock())
        day = self.desk.instruments[instrument].local_date(newest)
        return {
            "instrument": instrument,
            "contract": self.desk.instruments[instrument].contract_on(day),
            "timeframe": timeframe,
            "tick_size": about["tick_size"],
            "timezone": about["timezone"],
            "session": {"open": about["open"], "close": about["close"]},
            "candles": candle_columns(found),
        }

    def _alerts(self, who: Operator, _path: Query, query: Query) -> dict[str, Any]:
        try:
            day = date.fromisoformat(query.get("day", "")).isoformat()
        except ValueError as error:
            raise BadQuestion("day: write 2026-11-25") from error
        try:
            told, following = self.desk.alerts_of(day, query.get("next"), who)
        except UnknownPage as error:
            raise BadQuestion("next: as the page before gave it, for the same day") from error
        return {"alerts": [one | {"alert": plain(one["alert"])} for one in told], "next": following}

    def _alert(self, who: Operator, path: Query, _query: Query) -> dict[str, Any]:
        told, candles = self.desk.alert(path.get("id", ""), who)
        return told | {"alert": plain(told["alert"]), "candles": candle_columns(candles)}


def _number(query: Query, name: str, at_most: int) -> int:
    text = query[name]
    if not text.isdecimal() or not 1 <= int(text[:20]) <= at_most:
        raise BadQuestion(f"{name}: a whole number from 1 to {at_most}")
    return int(text)


@cache
def answering() -> Answering:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table", "alertas_table", "acao_table", "candles_table", "token_secret_arn"
    )
    loaded, dynamo = config(settings), client("dynamodb")
    desk = Desk(
        operators=operators(loaded),
        instruments=loaded.traded(),
        timeframes=TIMEFRAMES,
        candles=CandleBook(dynamo, settings.candles_table),
        history=HistoryBook(dynamo, settings.alertas_table, settings.acao_table),
        feed=Feed(dynamo, settings.admission_table),
        clock=clock.now,
    )
    return Answering(loaded, desk, authorizing())
