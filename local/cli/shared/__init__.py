"""What several words of the `pregao` command share: options, answers, errors, times.

May call local's rooms and pregao; no word. Tested in tests/unit/local/cli.
"""
