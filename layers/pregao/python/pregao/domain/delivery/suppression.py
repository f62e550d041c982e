"""Addresses that are not tried again, known by a hash: no list of them has to be kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address gets no e-mail: `cause` is a status, `operator` its owner, `since` in epoch seconds."""

    key: str
    operator: str
    cause: str
    since: float


def address_key(address: str) -> str:
    """Return the SHA-256 (hex) of an address; capitals and spaces around it make no other address."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()
