"""What people read: words in two languages, e-mail, HTML, SMS.

May call every other room of the domain but audit and backtest. Tested in tests/unit/domain/text.
"""
