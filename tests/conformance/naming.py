"""Every resource has a name and a tag by which it is found and removed, also by hand."""

from __future__ import annotations

import secrets

PREFIX = "pregao-conformance"


def a_name() -> str:
    """Return a name that nobody else has."""
    return f"{PREFIX}-{secrets.token_hex(4)}"


def the_tags() -> list[dict[str, str]]:
    """Return the tag of everything that the suite makes."""
    return [{"Key": "project", "Value": PREFIX}]
