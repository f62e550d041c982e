"""Candle files, the synthetic market, the backtest's report and the tuning of parameters.

May call pregao.domain, pregao.config and pregao_bridge; called by local.load and local.cli.
Tested in tests/unit/local/lab.
"""
