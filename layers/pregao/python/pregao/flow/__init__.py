"""One story per function, read top to bottom, over the small Protocols in ports.py.

Called by bootstrap and the handlers; calls domain and wire. Tested in tests/unit/flow over fakes.
"""
