"""Feeds, candles, bulletins, calibrations and what became of alerts, in the state table."""
