"""What to do about each condition of a terminal, in words."""

from __future__ import annotations

from pregao_bridge.market import Condition

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


def remedy(condition: Condition, code: int | None, language: str) -> str:
    """Return what to do, in "pt-BR" or "en"; `code` is the terminal's last_error."""
    portuguese, english = _WORDS[condition]
    return english if language == "en" else portuguese
