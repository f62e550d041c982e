"""What a market is: its timeframes. Calls nothing above; tested in tests/unit/domain/market."""
