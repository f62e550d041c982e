"""What `import MetaTrader5` would give: the package's functions and numbers, answered by a FakeTerminal."""

from __future__ import annotations

from collections import namedtuple
from fnmatch import fnmatchcase

TIMEFRAME_SECONDS = {1: 60, 2: 120, 5: 300, 15: 900, 30: 1800, 1 | 0x4000: 3600}

Tick = namedtuple("Tick", "time bid ask last volume time_msc flags volume_real")
TerminalInfo = namedtuple("TerminalInfo", "connected trade_allowed build maxbars ping_last company name path")
AccountInfo = namedtuple("AccountInfo", "login trade_mode name server currency company")
SymbolInfo = namedtuple("SymbolInfo", "name select visible time expiration_time path")

OK, FAIL, INVALID_PARAMS, NOT_FOUND, AUTH_FAILED = 1, -1, -2, -4, -6
SEND, INIT, CONNECT, TIMEOUT = -10001, -10003, -10004, -10005
TEXTS = {
    OK: "Success",
    FAIL: "Terminal: Call failed",
    INVALID_PARAMS: "Terminal: Invalid params",
    NOT_FOUND: "Terminal: Not found",
    AUTH_FAILED: "Terminal: Authorization failed",
    SEND: "IPC send failed",
    INIT: "IPC initialize failed",
    CONNECT: "No IPC connection",
    TIMEOUT: "IPC timeout",
}


class FakeModule:
    """What `import MetaTrader5` gives of it."""

    TIMEFRAME_M1 = 1
    TIMEFRAME_M2 = 2
    TIMEFRAME_M3 = 3
    TIMEFRAME_M4 = 4
    TIMEFRAME_M5 = 5
    TIMEFRAME_M6 = 6
    TIMEFRAME_M10 = 10
    TIMEFRAME_M12 = 12
    TIMEFRAME_M15 = 15
    TIMEFRAME_M20 = 20
    TIMEFRAME_M30 = 30
    TIMEFRAME_H1 = 1 | 0x4000
    RES_S_OK = OK
    RES_E_FAIL = FAIL
    RES_E_INVALID_PARAMS = INVALID_PARAMS
    RES_E_NOT_FOUND = NOT_FOUND
    RES_E_AUTH_FAILED = AUTH_FAILED
    RES_E_INTERNAL_FAIL_SEND = SEND
    RES_E_INTERNAL_FAIL_INIT = INIT
    RES_E_INTERNAL_FAIL_CONNECT = CONNECT
    RES_E_INTERNAL_FAIL_TIMEOUT = TIMEOUT

    def __init__(self, terminal) -> None:
        self._terminal, self._error = terminal, (OK, TEXTS[OK])

    def initialize(
        self, path=None, *, login=None, password=None, server=None, timeout=60_000, portable=False
    ):
        del path, timeout, portable
        terminal = self._terminal
        code = terminal.fails("initialize")
        if code is None and login is not None:
            account = (terminal.login, terminal.password or password, terminal.server)
            code = None if (login, password, server or terminal.server) == account else AUTH_FAILED
        terminal.attached = code is None
        return self._answer(code, lambda: True, False)

    def shutdown(self):
        self._terminal.calls.append(("shutdown", None))
        self._terminal.attached = False
        self._error = (OK, TEXTS[OK])

    def last_error(self):
        return self._error

    def terminal_info(self):
        t = self._terminal
        return self._call("terminal_info", None, lambda: TerminalInfo(
            t.connected, False, 6231, t.maxbars, t.ping_us, "Corretora", "MetaTrader 5", "C:/MT5"
        ))  # fmt: skip

    def account_info(self):
        t = self._terminal
        code = t.fails("account_info") or (None if t.logged_in else FAIL)
        return self._answer(code, lambda: AccountInfo(t.login, 0, "Mesa", t.server, "BRL", "Corretora"), None)

    def symbols_get(self, group="*"):
        names = sorted(self._terminal.books)
        wanted = [one for one in names if any(fnmatchcase(one, part) for part in group.split(","))]
        return self._call("symbols_get", group, lambda: tuple(self._info(one) for one in wanted))

    def symbol_info(self, symbol):
        return self._of("symbol_info", symbol, lambda _book: self._info(symbol), NOT_FOUND)

    def symbol_select(self, symbol, enable=True):
        def select(book):
            book.selected = bool(enable)
            return True

        return self._of("symbol_select", symbol, select, FAIL, False)

    def symbol_info_tick(self, symbol):
        def tick(book):
            return self._terminal.tick(book) if book.selected else None

        return self._of("symbol_info_tick", symbol, tick, NOT_FOUND)

    def copy_rates_from_pos(self, symbol, timeframe, start_pos, count):
        def rates(book):
            if TIMEFRAME_SECONDS.get(timeframe) != book.timeframe_s or not book.selected:
                return None
            return self._terminal.rates(book, start_pos, count)

        return self._of("copy_rates_from_pos", symbol, rates, FAIL)

    def _info(self, symbol):
        book = self._terminal.books[symbol]
        return SymbolInfo(symbol, book.selected, book.selected, 0, 0, f"BMF\\{symbol}")

    def _of(self, function, symbol, answer, otherwise, refused=None):
        """Answer about a symbol; unknown, or an answer of None, fails with the code `otherwise`."""
        code = self._terminal.fails(function, symbol)
        book = self._terminal.books.get(symbol)
        said = answer(book) if code is None and book is not None else None
        return self._answer(code or (otherwise if said is None else None), lambda: said, refused)

    def _call(self, function, subject, answer):
        return self._answer(self._terminal.fails(function, subject), answer, None)

    def _answer(self, code, answer, refused):
        text = TEXTS.get(code or OK, "IPC call failed")
        if code == INIT and not self._terminal.installed:
            text = "IPC initialize failed, MetaTrader 5 x64 not found"  # the real wheel's words
        self._error = (code or OK, text)
        said = refused if code is not None else answer()
        self._terminal.done()
        return said
