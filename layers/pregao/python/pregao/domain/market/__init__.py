"""Candles, their windows, instruments, sessions and B3's bulletin.

Calls nothing else of the domain; only `candles` imports numpy. Tested in tests/unit/domain/market.
"""
