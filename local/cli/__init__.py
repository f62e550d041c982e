"""The `pregao` command: one file per word, each a plain function; app.py gives them their names.

What several words use is in shared/. Called by people and by make; calls the other rooms of local/. Tested in
tests/unit/local and tests/e2e.
"""
