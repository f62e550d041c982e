"""What an archive weighs: on disk, in S3, in DynamoDB, in dollars a year."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from local.audit.verify import files_in
from local.ops.costs import PriceList, Usage, bill, by_service, read_prices, total
from pregao.aws.tables.dynamo import to_item
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA
from pregao.domain.audit.closed_days import PREFIX as CLOSED
from pregao.domain.audit.hourly_digest import PREFIX
from tests.cloud import ROOT, template
from tests.dynamo_units import Index, kept_bytes
from tests.forger import records_of
from tests.meter import index_of

PRICES = ROOT / "infra" / "prices.yaml"
YEAR, KEPT_YEARS, MONTHS = 365, 7, 12
BLOCK = 512
RESOURCES = {ALERTAS: "AlertasAuditTable", ENTREGA: "EntregaAuditTable", ACAO: "AcaoOperadorAuditTable"}


@dataclass(frozen=True)
class Weighed:
    """Counts and bytes: `plain` unpacked; `packed`, `together` and `signed` as S3 bills small objects, closed
    days' objects and digests, with names.

    `kept` are those in DynamoDB with all indices, `on_disk` whole blocks here.
    """

    records: int
    objects: int
    digests: int
    plain: float
    packed: int
    signed: int
    closed: int
    together: int
    kept: float
    on_disk: int


def weigh(folder: Path, day: date) -> Weighed:
    """Weigh a folder in the archive's layout; what must be unpacked for it, by the records of one day."""
    counts, records = Counter[str](), Counter[str]()
    for key in files_in(folder):
        stat, parts = (folder / key).stat(), read_key(key)
        what = "signed" if key.startswith(PREFIX) else "together" if key.startswith(CLOSED) else "packed"
        counts[what] += stat.st_size + len(key)
        counts[f"{what} files"] += 1
        counts["on disk"] += stat.st_blocks * BLOCK
        if parts:
            records[parts.table] += parts.last - parts.first + 1
    means = {table: _means(folder, table, day) for table in records}
    return Weighed(
        records=records.total(),
        objects=counts["packed files"],
        digests=counts["signed files"],
        plain=sum(count * means[table][0] for table, count in records.items()),
        packed=counts["packed"],
        signed=counts["signed"],
        closed=counts["together files"],
        together=counts["together"],
        kept=sum(count * means[table][1] for table, count in records.items()),
        on_disk=counts["on disk"],
    )


def _means(folder: Path, table: str, day: date) -> tuple[float, float]:
    """Return the mean bytes of a record of a day: unpacked, and in DynamoDB."""
    under = f"table={table}/year={day:%Y}/month={day:%m}/day={day:%d}"
    bodies = [(folder / under / key).read_bytes() for key in files_in(folder / under)]
    records = [one for body in bodies for one in records_of(body)]
    plain = sum(len(gzip.decompress(body)) for body in bodies)
    kept = sum(kept_bytes(_indices(table), to_item(one)) for one in records)
    return plain / len(records), kept / len(records)


@cache
def _indices(table: str) -> Sequence[Index]:
    """Return a table's indices as the template declares them."""
    declared = template()["Resources"][RESOURCES[table]]["Properties"]
    keys = [key["AttributeName"] for key in declared["KeySchema"]]
    return [index_of(one, keys) for one in declared["GlobalSecondaryIndexes"]]


def in_dollars(days: int, weight: Weighed) -> list[str]:
    """Return what a year of it costs: to be written and kept for the year, and with seven years kept."""
    prices, share = read_prices(PRICES), YEAR / days
    kept = {
        "dynamodb_byte_month": weight.kept * share * MONTHS,
        "s3_byte_month": (weight.packed + weight.together + weight.signed) * share * MONTHS,
    }
    written = {
        "s3_put": (weight.objects + weight.closed + weight.digests) * share,
        "kms_sign": weight.digests * share,
        "kms_key_month": MONTHS,
    }
    seven = {name: KEPT_YEARS * units for name, units in kept.items()}
    gets = KEPT_YEARS * (weight.closed + weight.digests) * share
    read = total(bill({"s3_get": gets}, prices))
    return [
        "| US$ a year | one year kept | seven years kept |",
        "|---|---|---|",
        *_rows([kept | written, seven | written], prices),
        "",
        f"Prices of infra/prices.yaml ({prices.region}). What it takes to write records into DynamoDB and"
        " to run the functions is in what an alert costs, above. Closed days' objects are billed here as if"
        " they were not moved to Infrequent Access. Copying seven years once, closed days from their own"
        " objects:"
        f" {gets:,.0f} GET requests, US$ {read:.2f}.",
        "",
    ]


def _rows(columns: Sequence[Usage], prices: PriceList) -> list[str]:
    services: list[Mapping[str, float]] = [by_service(bill(one, prices)) for one in columns]
    sums = {"**all**": [total(bill(one, prices)) for one in columns]}
    named = {name: [one[name] for one in services] for name in services[-1]} | sums
    return [f"| {name} | {' | '.join(f'{usd:.2f}' for usd in usds)} |" for name, usds in named.items()]
