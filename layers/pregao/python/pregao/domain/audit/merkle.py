"""Merkle trees as RFC 6962 hashes them: one root for many lines, and a short path from a line to it.

A leaf is SHA-256(0x00 | line), a node SHA-256(0x01 | left | right); a tree of n leaves splits at the largest
power of two below n, which is the same as pairing level by level and moving an odd last node up as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of one leaf."""
    return hashlib.sha256(b"\x00" + line).digest()


def root(lines: Iterable[bytes]) -> bytes:
    """Return the root over the lines in their order; that of no lines is SHA-256 of nothing."""
    return root_of([leaf_hash(line) for line in lines])


def root_of(level: Sequence[bytes]) -> bytes:
    """Return the root over leaves that have been hashed."""
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def path(lines: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings from leaf `index` up to the root: what `root_of_path` needs. Raises IndexError."""
    level = [leaf_hash(line) for line in lines]
    if not 0 <= index < len(level):
        raise IndexError(f"no leaf {index} of {len(level)}")
    siblings = []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            siblings.append(level[beside])
        level, index = _above(level), index // 2
    return siblings


def root_of_path(line: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """Return the root that a line at `index` of `size` and its path lead to; None when they do not fit."""
    if not 0 <= index < size:
        return None
    node, last, rest = leaf_hash(line), size - 1, list(siblings)
    while last:
        if index % 2 or index < last:
            if not rest:
                return None
            beside = rest.pop(0)
            node = _node(beside, node) if index % 2 else _node(node, beside)
        index, last = index // 2, last // 2
    return None if rest else node


def _above(level: Sequence[bytes]) -> list[bytes]:
    hashed = hashlib.sha256  # as _node does it: millions of times
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [hashed(b"\x01" + left + right).digest() for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
