"""Adapters, one per port of flow/ports.py, over boto3. Which endpoint they reach is boto3's affair.

Called by bootstrap only. Tested in tests/contract against moto and, in tests/e2e, the emulator.
"""
