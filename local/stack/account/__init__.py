"""A stack in an AWS account: its parameters, its page, its first deploy, its end.

Called by the Makefile and `pregao teardown`.
"""
