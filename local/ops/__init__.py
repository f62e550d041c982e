"""What an on-call person needs: alarms, dead letters, traces, costs, the policy scan.

May call pregao and local.stack; called by local.cli. Tested in tests/unit/local/ops.
"""
