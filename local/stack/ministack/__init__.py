"""The emulator: its process, its supervisor, what it lacks of AWS and how that is made up for.

May call local.stack; `ministack_*.py` run in the emulator's own interpreter. Tested in tests/conformance.
"""
