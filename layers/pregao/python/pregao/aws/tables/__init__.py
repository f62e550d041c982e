"""Adapters over DynamoDB: the state table and the three audit tables.

May call pregao.flow, wire and domain. Tested in tests/contract.
"""
