"""Load on a stack: replays of candle files, listeners, many clients, the account of a run.

May call pregao, pregao_bridge, local.lab and local.audit. Tested in tests/unit/local/load.
"""
