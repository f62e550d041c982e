"""Signals, alerts, their admission and their outcome.

May call domain/market. Tested in tests/unit/domain/alerts.
"""
