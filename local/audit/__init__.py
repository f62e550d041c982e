"""The audit on a laptop: archive copies, queries, verification, proofs.

May call pregao and local.stack; called by local.cli. Tested in tests/unit/local/audit.
"""
