"""B3's daily bulletin as files bring it.

May call pregao.domain. Tested in tests/unit/wire.
"""
