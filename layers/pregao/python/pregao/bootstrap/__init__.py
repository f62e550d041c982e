"""Settings and adapters become the dependencies of one function: one file per function, same name.

Called by the handlers. Tested in tests/functions.
"""
