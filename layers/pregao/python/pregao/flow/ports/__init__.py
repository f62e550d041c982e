"""Ports (Protocols) of the use cases, implemented in aws/ and faked in tests/fakes.py.

May call pregao.domain. Tested in tests/contract.
"""
