"""What is known at the end of the session before: usual ranges per slot, the expected range and its band.

Calls domain/detectors and domain/market; called by the backtest and by whoever calibrates live detection.
Tested in tests/unit/domain/calibration, against a naive second implementation.
"""
