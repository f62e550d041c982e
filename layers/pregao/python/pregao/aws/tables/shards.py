"""Partitions of the state table by a hash: a key that is written too often for one of them has several.

The first has the plain name, the others `<name>#1`, `<name>#2` and so on; with one shard nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from zlib import crc32

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def shard_of(name: str, shards: int) -> int:
    """Return the shard of a name, from 0: the same in every process and on every machine."""
    return crc32(name.encode()) % shards


def partition(name: str, shard: int) -> str:
    """Return a shard's partition key."""
    return f"{name}#{shard}" if shard else name


def at_once(ask: Callable[[Asked], Answer], asked: Sequence[Asked]) -> list[Answer]:
    """Ask for each, all at the same time where there are several; the answers stand in their order."""
    if len(asked) < 2:
        return [ask(one) for one in asked]
    with ThreadPoolExecutor(len(asked), thread_name_prefix="shard") as pool:
        return list(pool.map(ask, asked))
