"""A proof that an alert's records stand in the archive, for somebody who has nothing but the public key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pregao.aws.archive.find_alert import Found, lines_about, whole_id
from pregao.domain.audit import merkle
from pregao.domain.audit.alert_ids import nothing
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.audit.archive_objects import KeyParts, read_key
from pregao.domain.audit.closed_days import read_closed
from pregao.domain.audit.hourly_digest import PREFIX, Signed, read_signed

Cut = Mapping[tuple[str, str], list[tuple[KeyParts, str]]]
"""The small objects, by table and chain: what their names say, and these names."""


def prove(folder: Path, alert_id: str, day: str | None = None) -> dict[str, Any]:
    """Return the proof for an alert's records in a folder of the archive's layout, as JSON values.

    Each record comes with the path to its object's Merkle root and the signed digest that lists the object.
    The beginning of an id is enough. `day` (UTC) spares reading the others. Raises ArchiveError where there
    is nothing, or nothing signed yet.
    """
    alert_id = whole_id(folder, alert_id, day)
    digests = _digests(folder)
    found = list(lines_about(folder, alert_id, day))
    if not found:
        raise nothing(alert_id, f"on {day}" if day else "")
    cut = _cut(found, digests)
    sealed = [small for one in found if (small := _small(one, cut)).key in digests]
    if not sealed:
        raise ArchiveError(
            f"o alerta {alert_id} está arquivado, mas ainda em nenhum resumo; pergunte de novo em uma hora"
            " · is archived, but no digest lists it yet; ask again in an hour"
        )
    used = sorted({digests[one.key].read().key: digests[one.key] for one in sealed}.items())
    return {
        "version": 1,
        "alert_id": alert_id,
        "records": [_record(one) for one in sealed],
        "digests": [{"payload": signed.payload, "signature": signed.signature} for _, signed in used],
    }


def _cut(found: Iterable[Found], digests: Iterable[str]) -> Cut:
    """Return the small objects of the chains of which lines of closed days were found."""
    closed = [(parts.table, one) for one in found if (parts := read_closed(one.key))]
    cut: dict[tuple[str, str], list[tuple[KeyParts, str]]] = {
        (table, json.loads(one.line)["chain"]): [] for table, one in closed
    }
    for key in digests if cut else ():
        if (small := read_key(key)) and (small.table, small.chain) in cut:
            cut[small.table, small.chain].append((small, key))
    return cut


def _small(found: Found, cut: Cut) -> Found:
    """Return a line of a closed day's object as that of a small one: the proof's form stays as it was."""
    closed, record = read_closed(found.key), json.loads(found.line)
    for small, key in cut[closed.table, record["chain"]] if closed else ():
        if small.first <= record["seq"] <= small.last:
            index = record["seq"] - small.first
            start = found.index - index
            return Found(key, index, found.lines[start : start + small.last - small.first + 1])
    return found


def _record(found: Found) -> dict[str, Any]:
    """Return what leads from a line to its object's root; the digest says which of how many lines it is."""
    return {
        "line": found.line.decode(),
        "object": found.key,
        "path": [one.hex() for one in merkle.path(found.lines, found.index)],
    }


def _digests(folder: Path) -> dict[str, Signed]:
    """Return the digest that lists each object, by the object's key."""
    found: dict[str, Signed] = {}
    for path in sorted((folder / PREFIX).rglob("*.json")):
        try:
            signed = read_signed(path.read_bytes())
        except ValueError as error:
            raise ArchiveError(
                f"{path}: resumo ilegível · no digest can be read there: {error}; pregao audit verify"
            ) from error
        found |= {one.key: signed for one in signed.read().objects}
    return found
