"""The command: its words, the parts of a running bridge put together, and the loop that runs them.

Tested in tests/unit/local/test_bridge_{process,runner,check,config,service}.py.
"""
