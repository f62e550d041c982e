"""Adapters, one per port of flow/ports, over boto3. AWS_ENDPOINT_URL decides which endpoint they reach.

Called by bootstrap only. Tested in tests/contract against moto and, in tests/e2e, the emulator.
"""
