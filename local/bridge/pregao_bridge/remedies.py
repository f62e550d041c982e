"""What to do about each condition of a terminal, in words."""

from __future__ import annotations

from dataclasses import dataclass

from pregao_bridge.market import Condition, Health, MarketFault


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, in pt-BR and in English."""

    pt: str
    en: str


_WORDS = {
    Condition.LIVE: ("nada a fazer", "nothing to do"),
    Condition.NOT_INSTALLED: ("instale o MetaTrader 5", "install MetaTrader 5"),
    Condition.NOT_STARTED: ("abra o MetaTrader 5", "start MetaTrader 5"),
    Condition.LOGGED_OUT: ("entre na conta no MetaTrader 5", "log in to the account in MetaTrader 5"),
    Condition.BROKER_LOST: ("veja a internet desta máquina", "look at this machine's network"),
    Condition.CLOCK_UNSURE: ("espere um negócio", "wait for a tick"),
    Condition.SYMBOL_MISSING: ("corrija o nome do ativo", "correct the symbol's name"),
    Condition.LOADING: ("espere", "wait"),
    Condition.NO_TRADES: ("nada a fazer fora do pregão", "nothing to do out of session"),
    Condition.FAILED: ("veja o registro", "look at the log"),
}


def remedy_for(said: Health | MarketFault) -> Remedy:
    """Return what to do about a condition."""
    return Remedy(*_WORDS[said.condition])
