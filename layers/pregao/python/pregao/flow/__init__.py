"""One use case per file, all of its rules, over the small Protocols in flow/ports.

Called by bootstrap and the handlers; calls domain and wire. Tested in tests/unit/flow over fakes.
"""
