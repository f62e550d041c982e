"""Web origins: where a page came from, as its browser says in the Origin header (RFC 6454)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ORIGIN = re.compile(r"(https?)://([^\s/?#@:\[\],]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme and host in lower case, and the port, the scheme's own where none was written."""

    scheme: str
    host: str
    port: int


def parse_origin(text: str) -> Origin | None:
    """Read `scheme://host[:port]`; None for all else, also for "null" and for several at once."""
    found = _ORIGIN.fullmatch(text)
    if not found:
        return None
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    return Origin(scheme, host, int(port) if port else _PORTS[scheme])
