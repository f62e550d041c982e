"""One file per pattern: a pure function over columns that says for every candle whether it fires.

numpy lives here, in candles.py and in nothing a function other than detect imports.
Tested in tests/unit/domain/detectors.
"""
