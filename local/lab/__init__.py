"""Candle files, the synthetic market, the backtest's report and the tuning of parameters.

<<<<<<< HEAD
May call pregao.domain, pregao.config.reader and pregao_bridge; called by local.cli and local.stack.
Tested in tests/unit/local.
=======
May call pregao.domain, pregao.config and pregao_bridge; called by local.load and local.cli.
Tested in tests/unit/local/lab.
>>>>>>> main
"""
