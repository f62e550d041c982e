"""A feed: polled, sifted, kept on disk, posted, in order. It knows the terminal and the cloud by protocols.

Tested in tests/unit/local/test_bridge_{feed,run,late,first_history,set_aside,backfill,week}.py.
"""
