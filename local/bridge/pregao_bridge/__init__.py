"""The bridge beside the MetaTrader 5 terminal: closed candles in, signed CandleBatch posts out.

A separate small install: it imports botocore and urllib3, never pregao nor local.
Tested in tests/unit/local/test_bridge*.py.
"""
