"""What the stories of flow/ are made of, one step a file; a story is one function's work.

May call flow/ports, wire, config and domain, never a story. Tested in tests/unit/flow/steps.
"""
