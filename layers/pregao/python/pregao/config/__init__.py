"""The classes of config/*.yaml, their reader, and the compiled form that functions start from.

May call pregao.domain; called by bootstrap and by local. Tested in tests/unit/test_config_files.py.
"""
