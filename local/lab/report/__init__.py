"""A backtest as one self-contained page: figures by Bokeh, the rest plain HTML.

`page.write` is its only door. May call pregao.domain and local.lab; called by local.cli.backtest.
Tested in tests/unit/local/lab/test_report.py.
"""
