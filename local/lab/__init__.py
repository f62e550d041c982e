"""The laboratory: candle files in, synthetic markets, replays, backtests.

May call pregao.domain, pregao.config.reader and pregao_bridge; called by local.cli and local.stack.
Tested in tests/unit/local.
"""
