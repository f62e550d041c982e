"""Checks a proof of Pregão's audit: python check_proof.py proof.json public_key.pem  (needs `cryptography`).

It trusts the key alone: a record's path leads to a Merkle root (RFC 6962) which a signed digest lists.
"""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def root_of_path(line: bytes, index: int, size: int, rest: list[str]) -> str:
    """Return the root that the line and its path lead to."""
    node, last = hashlib.sha256(b"\x00" + line).digest(), size - 1
    while last:
        if index % 2 or index < last:
            beside, rest = bytes.fromhex(rest[0]), rest[1:]
            node = hashlib.sha256(b"\x01" + (beside + node if index % 2 else node + beside)).digest()
        index, last = index // 2, last // 2
    return node.hex() + "".join(rest)


def check(proof: dict, pem: bytes) -> None:
    """Raise something that says what does not hold."""
    listed = {}
    for digest in proof["digests"]:
        told = json.loads(digest["payload"])
        before = (told["before"] or {"signature": "null"})["signature"]
        signed = [told["end"], told["key"], hashlib.sha256(digest["payload"].encode()).hexdigest(), before]
        text, signature = "\n".join(signed).encode(), bytes.fromhex(digest["signature"])
        load_pem_public_key(pem).verify(signature, text, ECDSA(SHA256()))
        listed |= {one["key"]: one for one in told["objects"]}
    for one in proof["records"] or [{}]:
        here, record = listed[one["object"]], json.loads(one["line"])
        size = here["last"] - here["first"] + 1
        root = root_of_path(one["line"].encode(), record["seq"] - here["first"], size, one["path"])
        if (root, record["alert_id"], record["chain"]) != (here["root"], proof["alert_id"], here["chain"]):
            where = f"record {record['seq']} of chain {record['chain']}"
            raise ValueError(f"{where} is not the line that the signed digest lists in {one['object']}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    try:
        proof = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        check(proof, Path(sys.argv[2]).read_bytes())
    except InvalidSignature:
        sys.exit("NÃO CONFERE · DOES NOT HOLD: a digest was changed, or is not signed by this key.")
    except (LookupError, TypeError, AttributeError):
        sys.exit("NÃO CONFERE · DOES NOT HOLD: the proof is incomplete, or names what no digest in it lists.")
    except (OSError, ValueError) as wrong:
        sys.exit(f"NÃO CONFERE · DOES NOT HOLD: {' '.join(str(wrong).split())[:300]}.")
    sys.stdout.write(f"confere · holds: {proof['alert_id']}, registros · records: {len(proof['records'])}\n")
