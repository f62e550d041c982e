"""Pure rules: no AWS, no environment, no clock, no randomness; ``now`` is an argument.

Called by flow; calls nobody. Tested in tests/unit/domain.
"""
