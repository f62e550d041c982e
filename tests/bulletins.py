"""Bulletin files made up by hand and by dice, in the shapes that public readers know; none is B3's own."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from hypothesis import strategies as st

from pregao.domain.market.bulletin import Bulletin

DAY = "2026-11-24"
MADE = "2026-11-24T20:15:00"

WHERE = {
    "trades": ("TradDtls", "TradQty"),
    "volume": ("FinInstrmAttrbts", "FinInstrmQty"),
    "financial_volume": ("FinInstrmAttrbts", "NtlFinVol"),
    "open_interest": ("FinInstrmAttrbts", "OpnIntrst"),
    "first": ("FinInstrmAttrbts", "FrstPric"),
    "low": ("FinInstrmAttrbts", "MinPric"),
    "high": ("FinInstrmAttrbts", "MaxPric"),
    "average": ("FinInstrmAttrbts", "TradAvrgPric"),
    "last": ("FinInstrmAttrbts", "LastPric"),
    "settlement": ("FinInstrmAttrbts", "AdjstdQt"),
    "settlement_status": ("FinInstrmAttrbts", "AdjstdQtStin"),
    "previous_settlement": ("FinInstrmAttrbts", "PrvsAdjstdQt"),
}
COLUMNS = {
    "low": "MinPric",
    "high": "MaxPric",
    "average": "TradAvrgPric",
    "last": "LastPric",
    "settlement": "AdjstdQt",
    "trades": "TradQty",
    "volume": "FinInstrmQty",
    "financial_volume": "NtlFinVol",
}
HEADER = ["RptDt", "TckrSymb", "ISIN", "SgmtNm", *COLUMNS.values()]


def written(value) -> str:
    """A number as the exchange writes it: no exponent, no needless fraction."""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def report(contract="WINZ26", day=DAY, **fields) -> str:
    """One PricRpt in its document; the fields are a Bulletin's."""
    parts = {"TradDtls": "", "FinInstrmAttrbts": "<MktDataStrmId>E</MktDataStrmId>"}
    for name, value in fields.items():
        part, tag = WHERE[name]
        if value is not None:
            parts[part] += f'<{tag} Ccy="BRL">{written(value)}</{tag}>'
    inside = "".join(f"<{part}>{text}</{part}>" for part, text in parts.items())
    return f"""<BizGrp>
<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.01"><CreDt>{day}</CreDt></AppHdr>
<Document xmlns="urn:bvmf.217.01.xsd"><PricRpt><TradDt><Dt>{day}</Dt></TradDt>
<SctyId><TckrSymb>{contract}</TckrSymb></SctyId>
<FinInstrmId><OthrId><Id>100000000001</Id><Tp><Prtry>8</Prtry></Tp></OthrId></FinInstrmId>
{inside}</PricRpt></Document></BizGrp>
"""


def xml(*reports: str, made: str = MADE) -> bytes:
    """A price report of these reports."""
    stamp = f"<BizGrpDtls><CreDtAndTm>{made}</CreDtAndTm></BizGrpDtls>" if made else ""
    head = f'<Document xmlns="urn:bvmf.052.01.xsd"><BizFileHdr><Xchg>{stamp}\n'
    tail = "</Xchg></BizFileHdr></Document>\n"
    return "".join(['<?xml version="1.0" encoding="utf-8"?>\n', head, *reports, tail]).encode()


def csv_row(contract="WINZ26", day=DAY, decimal=",", **fields) -> str:
    """One row of the CSV."""
    values = [
        "" if fields.get(name) is None else written(fields[name]).replace(".", decimal) for name in COLUMNS
    ]
    return ";".join([day, contract, "BRBMEFWIN000", "FINANCIAL", *values])


def csv(*rows: str, preface: str = "Status do Arquivo: Final", end: str = "\n") -> bytes:
    """A consolidated file of these rows."""
    return end.join([*([preface] if preface else []), ";".join(HEADER), *rows, ""]).encode()


def zipped(**files: bytes) -> bytes:
    """Files in a zip, a `_xml` of their names standing for .xml."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("_", "."), content)
    return target.getvalue()


def delivered(*snapshots: bytes) -> bytes:
    """Snapshots as B3 delivers them: the newest last by name, in a zip in a zip."""
    inner = zipped(**{f"BVBG18701{number:02}_xml": one for number, one in enumerate(snapshots)})
    return zipped(SPRD261124_zip=inner)


prices = st.integers(100_000, 150_000).map(float) | st.integers(100_000_000, 150_000_000).map(
    lambda one: one / 1000
)
counts = st.integers(0, 10**9)
CONTRACTS = ("WINZ26", "WING27", "WDOZ26", "DOLF27", "INDZ26", "BITX26")


@st.composite
def days(draw):
    """The bulletins of a day: some contracts, some of their numbers."""
    maybe = {
        "settlement": prices,
        "settlement_status": st.sampled_from(["F", "P"]),
        "previous_settlement": prices,
        "trades": counts,
        "volume": counts,
        "financial_volume": st.integers(0, 10**14).map(lambda one: one / 100),
        "open_interest": counts,
        "first": prices,
        "average": prices,
        "last": prices,
    }
    found = []
    for contract in draw(st.lists(st.sampled_from(CONTRACTS), min_size=1, unique=True)):
        said = {name: draw(st.none() | kind) for name, kind in maybe.items()}
        low, high = sorted([draw(prices), draw(prices)])
        found.append(Bulletin(contract, date.fromisoformat(DAY), low=low, high=high, **said))
    return found


def fields_of(bulletin: Bulletin) -> dict:
    """What of a bulletin a file says."""
    return {name: getattr(bulletin, name) for name in WHERE}
