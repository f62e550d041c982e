"""Feeds: what came, whether one is silent, what the desk is told of it.

May call domain/market. Tested in tests/unit/domain/feeds.
"""
