"""Operators: what concerns them, when they are on duty, what became of a message to them.

May call domain/market and domain/alerts. Tested in tests/unit/domain/delivery.
"""
