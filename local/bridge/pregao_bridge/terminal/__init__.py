"""The MetaTrader 5 terminal, or a file in its place: closed candles as windows, and the server's clock.

Calls nobody but the values at the top (batch, market). Tested in tests/unit/local/test_terminal_*.py.
"""
