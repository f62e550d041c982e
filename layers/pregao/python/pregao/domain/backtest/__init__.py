"""What became of signals: truth by the triple barrier, outcomes, gates. Pure columns, no file, no clock.

Calls domain/detectors; called by what a laptop runs (local/lab), never by a function.
Tested in tests/unit/domain/backtest, against a naive second implementation.
"""
