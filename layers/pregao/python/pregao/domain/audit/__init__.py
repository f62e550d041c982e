"""Audit records, hash chains, Merkle trees, archive objects, digests and their verification.

May call domain/market, alerts, delivery and feeds. Tested in tests/unit/domain/audit.
"""
