"""B3's price report as XML: BVBG.086.01 of all instruments (files PR…), BVBG.187.01 of derivatives (SPRD…).

An exchange document (urn:bvmf.052.01.xsd) holds one document (urn:bvmf.217.01.xsd) with one PricRpt for each
instrument, a hundred thousand of them. They pass by as they are read; only what is wanted is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.market.bulletin import Bulletin
from pregao.wire.bulletin.fields import (
    COUNTS,
    MONEY,
    PRICES,
    STATUS,
    TRADES,
    BadValue,
    BulletinRefused,
    Collected,
)

EXCHANGE, REPORT = "urn:bvmf.052.01.xsd", "urn:bvmf.217.01.xsd"
DAY, TICKER = ("TradDt", "Dt"), ("SctyId", "TckrSymb")
DETAILS = {"TradDtls", "FinInstrmAttrbts"}
VALUES = {*PRICES, *COUNTS, *TRADES, MONEY, STATUS}
MADE_AT = (EXCHANGE, "CreDtAndTm")
DEEPEST = 64
LONGEST_TOKEN = 1 << 20
"""Bytes of a tag or a comment: the parser holds it whole."""
VALUE_DEPTH = 3
"""PricRpt, a part of it, the value."""
CHUNK = 1 << 16
LONGEST = 256
"""Characters of a value, the space around it included; no date, name or number is longer."""

Name = tuple[str | None, str]


class Readable(Protocol):
    """Bytes to read, piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""
        ...


def read_xml(stream: Readable, name: str, wanted: Callable[[str], bool]) -> list[Bulletin]:
    """Return the bulletins of the wanted contracts, in the file's order; raises BulletinRefused.

    Document types, and with them entities, are refused wherever they come from.
    """
    parser, reports = create_parser(forbid_dtd=True), _Reports(wanted)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(reports)
    try:
        while piece := stream.read(CHUNK):
            parser.feed(piece)
            reports.count_read(len(piece))
        parser.close()
    except DefusedXmlException as bomb:
        raise BulletinRefused(name, parser.getLineNumber(), "it declares a document type") from bomb
    except SAXException as broken:
        why = f"it is cut short or no XML: {broken.getMessage()}"
        raise BulletinRefused(name, parser.getLineNumber(), why) from broken
    except (BadValue, LookupError, ValueError) as wrong:  # the latter of encodings that it does not know
        raise BulletinRefused(name, parser.getLineNumber(), str(wrong)) from wrong
    if not reports.seen:
        raise BulletinRefused(name, 1, f"it holds no PricRpt of {REPORT}")
    return reports.found.bulletins(reports.made_at)


class _Reports(ContentHandler):
    """Takes a report's fields down while it passes; keeps nothing of one that nobody wants."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        super().__init__()
        self._wanted = wanted
        self._path: list[str] = []  # from PricRpt on; empty outside of one
        self._said: dict[str, str] = {}
        self._text: str | None = None
        self.made_at: float | None = None
        self.found = Collected()
        self.seen = 0
        self._depth = self._silence = 0

    def count_read(self, size: int) -> None:
        """Hear of bytes that were read; raises BadValue where nothing comes of too many of them."""
        self._silence += size
        if self._silence > LONGEST_TOKEN:
            raise BadValue(f"a tag or a comment of more than {LONGEST_TOKEN} bytes")

    def startElementNS(self, name: Name, qname: Any, attrs: Any) -> None:  # noqa: N802 as the parser calls it
        """Enter an element."""
        self._depth, self._silence = self._depth + 1, 0
        if self._depth > DEEPEST:
            raise BadValue(f"elements more than {DEEPEST} deep")
        if self._path or name == (REPORT, "PricRpt"):
            self._path.append(name[1])
        self._text = "" if len(self._path) == VALUE_DEPTH or name == MADE_AT else None

    def characters(self, content: str) -> None:
        """Take text down where a value may stand."""
        self._silence = 0
        if self._text is not None:
            self._text += content
            if len(self._text) > LONGEST:
                raise BadValue(f"a value of more than {LONGEST} characters")

    def endElementNS(self, name: Name, qname: Any) -> None:  # noqa: N802 as the parser calls it
        """Leave an element."""
        self._depth -= 1
        text, self._text = (self._text or "").strip(), None
        if name == MADE_AT and self.made_at is None:
            self.made_at = _moment(text)
        if len(self._path) == VALUE_DEPTH:
            self._value(self._path[1], name[1], text)
        if len(self._path) == 1:
            self._report()
        if self._path:
            self._path.pop()

    def _value(self, parent: str, name: str, text: str) -> None:
        if (parent, name) not in (DAY, TICKER) and not (parent in DETAILS and name in VALUES):
            return
        if self._said.setdefault(name, text) != text:
            raise BadValue(f"{name} stands twice in one report: {self._said[name]} and {text}")

    def _report(self) -> None:
        said, self._said = self._said, {}
        self.seen += 1
        contract = said.get(TICKER[1], "")
        if self._wanted(contract):
            self.found.add(contract, said.get(DAY[1], ""), said)


def _moment(text: str) -> float:
    """Read when the file was made (epoch seconds UTC); without an offset the exchange's clock is meant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadValue(f"CreDtAndTm: {text!r} is no moment") from wrong
    return (moment if moment.tzinfo else moment.replace(tzinfo=DESK_ZONE)).timestamp()
