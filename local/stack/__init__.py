"""The whole system on one machine: template.yaml deployed, the page, teardown; the emulator is in ministack/.

Knows template.yaml and infra/Makefile, nothing of the production code. Called by local/cli and the tests;
calls nobody else. Tested in tests/e2e/test_stack.py.
"""
