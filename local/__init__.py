"""What runs on a person's machine: the bridge, the stack, the lab, the console, the command line.

May import pregao, never the other way round. Tested in tests/unit/local and tests/e2e.
"""
