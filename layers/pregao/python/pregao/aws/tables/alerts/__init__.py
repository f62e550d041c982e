"""Alerts in the state table: admission, the waiting list, decisions, opportunities, price levels.

May call pregao.flow, wire and domain. Tested in tests/contract.
"""
