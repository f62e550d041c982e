"""`sam local invoke` beside the stack of `pregao up`: functions in containers.

Called by the Makefile.
"""
