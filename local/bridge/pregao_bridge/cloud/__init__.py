"""The way to the cloud: signed posts with their tries, and heartbeats.

Tested in tests/unit/local/test_bridge_{post,pulse}.py.
"""
