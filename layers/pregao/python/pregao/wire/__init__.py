"""pydantic models of everything that crosses a border, one file per contract, version in the name.

Called by flow, handlers and the laptop's tools; calls domain. Tested in tests/contract.
"""
