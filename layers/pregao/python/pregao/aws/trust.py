"""The certificate authorities that AWS's endpoints are believed by: Amazon's own roots, not all there are.

botocore's pools read their whole bundle anew for every connection: about 140 authorities, ten times the CPU
time of the handshake. A client that is given a file with these roots alone reads two kilobytes a connection.
Amazon Trust Services recommends that a store of one's own holds all five (amazontrust.com/repository, read
2026-11-30); Starfield Class 2 signed the oldest of them.
"""

from __future__ import annotations

import os
import re
import ssl
from functools import cache
from hashlib import sha256
from pathlib import Path

import botocore

ROOTS = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": "Amazon Root CA 1",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": "Amazon Root CA 2",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": "Amazon Root CA 3",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": "Amazon Root CA 4",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": "Starfield Services Root G2",
    "1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658": "Starfield Class 2",
}
"""SHA-256 of each root's certificate (DER) as botocore's bundle holds it."""
_OPTIONAL = {"Starfield Class 2"}
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----\n", re.DOTALL)
BUNDLE = Path(botocore.__file__).with_name("cacert.pem")


@cache
def amazon_roots() -> str | None:
    """Return the path of a file with Amazon's roots; None where botocore's whole bundle shall serve.

    That is where it lacks one of them, where AWS_CA_BUNDLE names another or AWS_ENDPOINT_URL another place
    than AWS, and where the system has no files in memory.
    """
    if {"AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"} & os.environ.keys() or not hasattr(os, "memfd_create"):
        return None
    roots = roots_in(BUNDLE.read_text(encoding="ascii", errors="replace"))
    return _in_memory(roots) if roots else None


def roots_in(bundle: str) -> str:
    """Return Amazon's roots out of a bundle of certificates (PEM); nothing where one of five is missing."""
    found = {}
    for pem in _PEM.findall(bundle):
        name = ROOTS.get(sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest())
        if name:
            found[name] = pem
    return "" if set(ROOTS.values()) - _OPTIONAL - found.keys() else "".join(found.values())


def _in_memory(text: str) -> str | None:
    """Return the path of a file that this process alone sees and that ends with it."""
    try:
        file = os.memfd_create("amazon-roots")
    except OSError:
        return None
    os.write(file, text.encode())
    return f"/proc/self/fd/{file}"
