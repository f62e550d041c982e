"""What an operator carries: the services' protocols over urllib3 or Apprise, and where addresses are kept.

Adapters of flow/ports/phone.py, wired by bootstrap/phone.py and by `pregao channel`. An address is a secret:
it stands in no log, no error and no record. Tested in tests/unit/aws and tests/contract.
"""
