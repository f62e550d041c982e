"""One use case per file, named as its function in functions/, all of its rules, over the ports in ports/.

Steps that use cases share are in steps/. Called by bootstrap and the handlers; calls wire, config and domain.
Tested in tests/unit/flow over fakes.
"""
