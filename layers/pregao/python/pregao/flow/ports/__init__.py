"""What the use cases need of the world: small Protocols, implemented in aws/ and faked in tests/fakes.py.

May call pregao.domain. Tested in tests/contract.
"""
