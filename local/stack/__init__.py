"""The whole system on one machine: emulator up, template.yaml deployed, what the emulator drops completed.

Knows template.yaml and infra/Makefile, nothing of the production code. Called by local/cli and the tests;
calls nobody else. Tested in tests/e2e/test_stack.py.
"""
