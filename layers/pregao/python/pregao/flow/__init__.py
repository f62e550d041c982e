"""One story per file, named as its function in functions/, all of its rules, over the Protocols in ports/.

What stories are made of is in steps/. Called by bootstrap and the handlers; calls wire, config and domain.
Tested in tests/unit/flow over fakes.
"""
