"""Reads a candle file of any of the known formats: evidence of the whole file decides what it means.

`read.understand` is the way in. It calls pregao.domain for sessions and candles, DuckDB for columns.
Tested in tests/unit/local/lab/candlefile.
"""
