"""The models of config/*.yaml and their reader.

May call pregao.domain; called by bootstrap and by local. Tested in tests/unit/test_config_files.py.
"""
