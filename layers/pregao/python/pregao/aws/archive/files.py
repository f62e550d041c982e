"""Finds which of the archive's objects a question needs, in a folder copied from it.

A closed day is read from its own objects where they are all there, any other day from the small ones: never
from both. What else lies there (`digest/`, unfinished copies) is none of the tables' business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pregao.domain.audit.archive_days import ArchiveError, Days, Files
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.closed_days import PREFIX as CLOSED
from pregao.domain.audit.closed_days import read_closed, whole_days
from pregao.domain.audit.hourly_digest import PREFIX

LEVELS = (("year=????", 4), ("month=??", 7), ("day=??", 10))
"""The folders down to a day, and how much of ``2026-11-25`` is known in each."""


def files_in(folder: Path, days: Days) -> Files:
    """Return the objects of those days in a folder of that layout, in the order of the days.

    Only folders of those years, months and days are looked into: seven years are not listed for one day.
    """
    return {table: list(_objects(folder, table, days)) for table in TABLES}


def chosen(keys: Iterable[str]) -> list[str]:
    """Return the keys that are read: those of whole closed days, the small ones of the other days."""
    every = list(keys)
    closed = whole_days(every)
    small = {key: parts for key in every if (parts := read_key(key))}
    open_days = [key for key, parts in small.items() if (parts.table, parts.day) not in closed]
    days = {key: day for (_, day), some in closed.items() for key in some}
    days |= {key: small[key].day for key in open_days}
    return sorted(days, key=lambda key: (days[key], key))


def archive_root(folder: Path) -> Path:
    """Return the root of the archive's copy at a folder, or below it where there is but one.

    Raises ArchiveError where there is none, or more than one: the message names them.
    """
    if _is_root(folder):
        return folder
    above = next((one for one in folder.resolve().parents if _is_root(one)), None)
    if above is not None:
        raise ArchiveError(
            f"{folder} é parte de uma cópia; a raiz é · is a part of a copy; its root is: --folder {above}"
        )
    below = [one for level in ("*", "*/*", "*/*/*") for one in sorted(folder.glob(level)) if _is_root(one)]
    if not below:
        raise ArchiveError(
            f"{folder} não contém tabela do arquivo, nem uma pasta nela; dê a cópia do bucket com"
            " --folder, ou"
            " uma pilha com --stack · holds no table of the archive (table=alertas_audit/year=…,"
            " digest/year=…), nor does a folder in it; name the bucket's copy with --folder, or a stack with"
            " --stack"
        )
    if len(below) > 1:
        listed = ", ".join(map(str, below))
        raise ArchiveError(
            f"{folder}: há mais de uma cópia, escolha com --folder · holds {len(below)} copies; name one with"
            f" --folder: {listed}"
        )
    return below[0]


def _is_root(folder: Path) -> bool:
    """Tell of a copy's root; the folder of closed days in one is laid out alike and is none."""
    if folder.name == CLOSED.strip("/") and _is_root(folder.absolute().parent):
        return False
    tables = [f"table={table}" for table in TABLES]
    names = [*tables, *(f"{CLOSED}{one}" for one in tables), f"{PREFIX}year=20[0-9][0-9]"]
    return any(one.is_dir() for name in names for one in folder.glob(name))


def days_in(files: Files) -> set[str]:
    """Return the days, as in the records, that have an object of any table."""
    return {day_in(path) for paths in files.values() for path in paths}


def day_in(path: Path) -> str:
    """Return the day of an object, as in the records; raises ArchiveError."""
    key = "/".join(path.parts[-6:])
    found = read_key(key) or read_closed(key)
    if found is None:
        raise ArchiveError(f"{path} não é um objeto do arquivo · is no object of the archive")
    return found.day


def _objects(folder: Path, table: str, days: Days) -> Iterator[Path]:
    closed = list(_keys(folder, f"{CLOSED}table={table}", days, "*.jsonl.gz"))
    there = {day for _, day in whole_days(closed)}
    small = _keys(folder, f"table={table}", days, "instrument=*/*.jsonl.gz", there)
    yield from (folder / key for key in chosen([*closed, *small]))


def _keys(folder: Path, under: str, days: Days, pattern: str, without: Collection[str] = ()) -> Iterator[str]:
    for day, day_folder in _day_folders(folder / under, days):
        if day not in without:
            yield from (path.relative_to(folder).as_posix() for path in day_folder.glob(pattern))


def _day_folders(parent: Path, days: Days, level: int = 0, so_far: str = "") -> Iterator[tuple[str, Path]]:
    if level == len(LEVELS):
        yield so_far.removesuffix("-"), parent
        return
    pattern, length = LEVELS[level]
    for child in sorted(parent.glob(pattern)):
        name = so_far + child.name.partition("=")[2]
        if days.first.isoformat()[:length] <= name <= days.last.isoformat()[:length]:
            yield from _day_folders(child, days, level + 1, f"{name}-")
