"""The one error of this room."""

from __future__ import annotations


class StackError(Exception):
    """The local stack cannot do what was asked; the message says why and what to do about it."""
