"""Checks a proof of Pregão's audit: python check_proof.py proof.json public_key.pem  (needs `cryptography`).

It trusts the key alone: a record's path leads to its object's Merkle root (RFC 6962), a digest lists the
object with that root, and the digest is signed.
"""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def climb(line: bytes, index: int, size: int, path: list[str]) -> str:
    """Return the root that the line and its path lead to."""
    node, last, rest = hashlib.sha256(b"\x00" + line).digest(), size - 1, [bytes.fromhex(one) for one in path]
    while last:
        if index % 2 or index < last:
            pair = rest.pop(0) + node if index % 2 else node + rest.pop(0)
            node = hashlib.sha256(b"\x01" + pair).digest()
        index, last = index // 2, last // 2
    return node.hex()


def check(proof: dict, pem: bytes) -> None:
    """Raise InvalidSignature, ValueError, KeyError or IndexError where the proof does not hold."""
    for digest in proof["digests"]:
        told = json.loads(digest["payload"])
        before = told["before"]["signature"] if told["before"] else "null"
        signed = [told["end"], told["key"], hashlib.sha256(digest["payload"].encode()).hexdigest(), before]
        signature = bytes.fromhex(digest["signature"])
        load_pem_public_key(pem).verify(signature, "\n".join(signed).encode(), ECDSA(SHA256()))
    for one in proof["records"]:
        listed = {
            obj["key"]: obj for obj in json.loads(proof["digests"][one["digest"]]["payload"])["objects"]
        }
        root = climb(one["line"].encode(), one["index"], one["size"], one["path"])
        if listed[one["object"]]["root"] != root or json.loads(one["line"])["alert_id"] != proof["alert_id"]:
            raise ValueError(f"{one['object']} does not hold this line: {one['line']}")


if __name__ == "__main__":
    proof = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        check(proof, Path(sys.argv[2]).read_bytes())
    except (InvalidSignature, KeyError, IndexError, ValueError) as wrong:
        sys.exit(f"DOES NOT HOLD: {wrong!r}")
    sys.stdout.write(f"holds: {len(proof['records'])} records of alert {proof['alert_id']}\n")
