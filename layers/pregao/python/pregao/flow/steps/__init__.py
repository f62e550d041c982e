"""Parts of the use cases in flow/, one step a file; a use case is one function's work.

May call flow/ports, wire, config and domain, never a use case. Tested in tests/unit/flow/steps.
"""
