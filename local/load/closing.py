"""Sessions of a stack that are over, closed from this machine as functions/calibrate closes them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pregao import clock
from pregao.aws.tables.audit.day_book import DayBook
from pregao.aws.tables.audit.ledger import Ledger
from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.aws.tables.market.outcome_book import LedgerBook, OutcomeBook
from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA
from pregao.flow.calibrate import Calibrating, is_over, sessions_of
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.flow.steps.sessions.outcomes import LANE, Outcomes
from pregao.flow.steps.sessions.session_ledger import SessionClosing, close_session

if TYPE_CHECKING:
    from local.stack.deployed import Deployed
    from pregao.config.loaded import Config
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

PAUSE_S = 0.05


@dataclass(frozen=True)
class ReadOnce:
    """A DayBook that remembers: the sessions of a replay stand in the same chains."""

    book: DayBook
    _chains: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _records: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.book, name)

    def chains(self, table: str, day: str) -> list[str]:
        """Return the chains of a day; see flow.ports.audit."""
        if (table, day) not in self._chains:
            self._chains[table, day] = self.book.chains(table, day)
        return self._chains[table, day]

    def records(self, table: str, chain: str, first: int = 1, last: int | None = None) -> list[Any]:
        """Return a chain's records; see flow.ports.audit."""
        if (table, chain) not in self._records:
            self._records[table, chain] = self.book.records(table, chain)
        return self._records[table, chain][first - 1 : last]


def calibrating(there: Deployed) -> Calibrating:
    """Return what calibrations are made with in a stack."""
    dynamo = there.client("dynamodb")
    book = CalibrationBook(dynamo, there.outputs["AdmissionTable"])
    return Calibrating(CandleBook(dynamo, there.outputs["CandlesTable"]), book, clock.now)


def closing(there: Deployed, config: Config) -> SessionClosing:
    """Return what sessions of a stack are closed with."""
    dynamo, outputs = there.client("dynamodb"), there.outputs
    state, deps = outputs["AdmissionTable"], calibrating(there)
    tables = {
        ALERTAS: outputs["AlertasAuditTable"],
        ENTREGA: outputs["EntregaAuditTable"],
        ACAO: outputs["AcaoOperadorAuditTable"],
    }
    chains = Ledger(dynamo, state, tables[ALERTAS], ALERTAS, LANE)
    return SessionClosing(
        config=config,
        candles=deps.candles,
        calibrations=Calibrations(deps.book, _raised, clock.now),
        days=ReadOnce(DayBook(dynamo, state, tables)),
        outcomes=Outcomes(OutcomeBook(dynamo, state, chains), _pause, clock.now),
        ledgers=LedgerBook(dynamo, state),
        clock=clock.now,
    )


def close_replayed(
    there: Deployed, config: Config, candles: Candles, start: int, instrument: Instrument, timeframe: str
) -> list[SessionLedger]:
    """Close the sessions that a replay of the candles from index `start` on was of, where they are over."""
    deps, now = closing(there, config), clock.now()
    replayed = sessions_of(candles[start:], instrument)
    return [
        close_session(instrument, timeframe, one, candles, deps)
        for one in replayed
        if is_over(instrument, one, now)
    ]


def _raised(error: Exception) -> None:
    raise error


def _pause(_attempt: int) -> None:
    time.sleep(PAUSE_S)
