"""JSON that somebody else wrote: whatever is sent, it is read or refused, and no error of ours.

Python's reader alone raises RecursionError for deep nesting, and lets through what UTF-8 cannot write.
"""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """What was sent cannot be read; the text says why."""


def read_json(sent: bytes | str) -> Any:
    """Return what a text of JSON says; raises NotJson.

    Refused besides what is no JSON: nesting without end, a whole number of thousands of digits, half a
    surrogate pair, which no database and no log takes. NaN and Infinity are read as Python reads them; who
    takes numbers looks at them.
    """
    try:
        text = sent if isinstance(sent, str) else sent.decode(json.detect_encoding(sent))
        said = json.loads(text)
        if "\\u" in text or isinstance(sent, str):  # bytes without were decoded strictly
            json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return said
