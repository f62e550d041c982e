"""infra/athena.yaml: the tables Athena sees are a laptop's, its named queries the files' very text."""

from __future__ import annotations

import re
from typing import get_type_hints

import pytest
import sqlglot
import yaml
from sqlglot import exp

from local.audit.athena import CLOSED, TARGET, athena_yaml
from local.stack.template import read
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.alerts.admission import Judgement, Verdict
from pregao.domain.alerts.alert import Alert, Attention, Chance, Worth
from pregao.domain.alerts.price_level import OwnLevel
from pregao.domain.alerts.signal import Outlook
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.archive_schema import KINDS, TABLES, duck_type
from pregao.domain.audit.closed_days import PREFIX
from pregao.domain.audit.named_queries import FOLDER, named_queries
from pregao.domain.audit.records import (
    action_record,
    alert_record,
    delivery_record,
    feed_record,
    receipt_record,
)
from pregao.domain.delivery.operators import Channel, Status
from pregao.domain.feeds.told import Filled, Kind
from pregao.domain.market.bulletin import Context
from pregao.domain.market.candle import Candle
from tests.fakes import CONTEXT, EVIDENCE, a_notice, an_alert

NAMES = sorted(named_queries())
BOTH_KNOW = {"cast", "coalesce", "count", "lpad", "max", "max_by", "min", "row_number", "substr"}
"""Functions that Trino and DuckDB have under one name with one meaning."""
WORDS = {"in", "over", "and", "as", "or"}
"""What else may stand before a bracket."""


@pytest.fixture(scope="module")
def resources():
    return read(TARGET)["Resources"]


def of_type(resources, kind):
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def test_the_file_is_what_its_sources_make():
    assert TARGET.read_text(encoding="utf-8") == athena_yaml(), "run: make athena"


def test_it_is_deployed_without_a_bucket_for_it():
    assert len(TARGET.read_bytes()) < 51_200


def test_named_queries_are_the_files_very_text(resources):
    told = {one["Name"]: one["QueryString"] for one in of_type(resources, "AWS::Athena::NamedQuery")}
    files = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.sql")}
    assert {name: text for name, text in told.items() if not name.endswith(CLOSED)} == {
        name: text[text.index("-- Parameters") :] for name, text in files.items()
    }
    closed = {name: text for name, text in told.items() if name.endswith(CLOSED)}
    assert {name: re.sub(rf"_audit{CLOSED}\b", "_audit", text) for name, text in closed.items()} == {
        f"{name}{CLOSED}": " ".join(re.sub("^--.*", "", text, flags=re.MULTILINE).split()) + "\n"
        for name, text in files.items()
    }
    assert not [text for text in closed.values() if re.search(r"_audit\b", text)]
    assert len(files) >= 5


def test_glue_and_duckdb_have_the_same_columns_and_types(resources, tmp_path):
    (tmp_path / "table=alertas_audit").mkdir()
    glue = {one["TableInput"]["Name"]: one["TableInput"] for one in of_type(resources, "AWS::Glue::Table")}
    assert set(glue) == {*TABLES, *(f"{table}{CLOSED}" for table in TABLES)}
    with ArchiveSql(files_in(tmp_path, Days())) as archive:
        for name, table in glue.items():
            listed = [*table["StorageDescriptor"]["Columns"], *table["PartitionKeys"]]
            told = {one["Name"]: typed(one["Type"], "hive") for one in listed}
            rows = archive.run(f"DESCRIBE {name.removesuffix(CLOSED)}").rows
            assert told == {row[0]: typed(row[1], "duckdb") for row in rows}
            assert len(told) == len(listed)


def typed(text, dialect):
    """Return a type in Trino's words, names and order of fields included."""
    return (
        exp.DataType.build(text, dialect=dialect)
        .sql("trino")
        .replace('"', "")
        .lower()
        .replace("text", "varchar")
    )


def test_partitions_are_the_folders_of_a_day(resources):
    """The projected values, put into the template, are the layout's folders; no two names are alike."""
    for one in of_type(resources, "AWS::Glue::Table"):
        table = one["TableInput"]
        said, keys = table["Parameters"], [key["Name"] for key in table["PartitionKeys"]]
        assert said["projection.enabled"] == "true"
        place = str(said["storage.location.template"])
        for key, value in zip(keys, (2028, 2, 9), strict=True):
            assert said[f"projection.{key}.type"] == "integer"
            place = place.replace(f"${{!{key}}}", f"{value:0{said[f'projection.{key}.digits']}}")
        name = table["Name"].removesuffix(CLOSED)
        under = f"{'' if name == table['Name'] else PREFIX}table={name}"
        assert place.rstrip("'}]").endswith(f"}}/{under}/year=2028/month=02/day=09/")
        assert "${" not in place.replace("${AuditBucketName}", "")
        columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
        assert len({*columns, *keys}) == len(columns) + len(keys)


def test_the_workgroup_binds_and_encrypts(resources):
    (group,) = of_type(resources, "AWS::Athena::WorkGroup")
    settings = group["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"]
    assert settings["ResultConfiguration"]["EncryptionConfiguration"]


def test_an_alerts_columns_are_the_alerts_fields():
    """Names, order and types: a number that may have a fraction is no whole one."""
    columns = TABLES["alertas_audit"]["alert"]
    parts = {
        "candle": Candle,
        "context": Context,
        "outlook": Outlook,
        "chance": Chance,
        "attention": Attention,
        "worth": Worth,
        "level": OwnLevel,
    }
    free = {"reason": "free", "unmeasured": "free"}
    group = {"opportunity": {"id": "text", "agrees": "texts", "conflicts": "texts"}}
    assert columns == told(Alert) | {name: told(kind) for name, kind in parts.items()} | free | group
    assert list(columns) == list(get_type_hints(Alert))


def told(kind):
    words = {int: "whole", int | None: "whole", float: "real", float | None: "real"}
    return {name: words.get(hint, "text") for name, hint in get_type_hints(kind).items()}


def test_every_value_of_a_record_has_a_column():
    alert = an_alert(context=CONTEXT)
    records = {
        "alertas_audit": [
            alert_record(alert, Judgement(Verdict.ADMITTED, "new"), 1.0, 7, EVIDENCE),
            feed_record(a_notice(Kind.SET_ASIDE, filled=Filled.WHOLE, previous="WINV26", count=2), 1.0),
            feed_record(a_notice(Kind.FLAPPING, count=3, missing=2, expected=4), 1.0),
        ],
        "entrega_audit": [
            delivery_record(
                alert, "op-1", Channel.EMAIL, Status.SENT, 1.0, {"attempt": 1, "provider_id": "x"}
            ),
            receipt_record(alert, "op-1", 1.0, 2.0),
        ],
        "acao_operador_audit": [action_record(alert, "op-1", "executed", 1.0, "note", "order")],
    }
    for table, some in records.items():
        for one in some:
            assert one["kind"] in KINDS[table]
            assert set(one) <= set(TABLES[table])
            assert set(one.get("alert", {})) <= set(TABLES["alertas_audit"]["alert"])
            assert set(one.get("feed", {})) <= set(TABLES["alertas_audit"]["feed"])
    feeds = [set(one["feed"]) for one in records["alertas_audit"] if "feed" in one]
    assert set.union(*feeds) == set(TABLES["alertas_audit"]["feed"]), "no column that nothing fills"


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_written_in_what_both_engines_share(name):
    query = named_queries()[name]
    for dialect in ("trino", "duckdb"):
        sqlglot.parse_one(query.sql, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    code = re.sub(r"--[^\n]*", "", query.sql).lower()
    assert set(re.findall(r"\b([a-z_]+) ?\(", code)) <= BOTH_KNOW | WORDS
    assert set(re.findall(r"cast\((\w+) as varchar", code)) <= {
        "null",
        "seq",
    }  # a real number is written differently


@pytest.mark.parametrize("name", NAMES)
def test_a_query_reads_only_the_days_asked_for(name):
    """Each mention of a table stands in a SELECT that bounds its partitions by two values, and its kind."""
    tree = sqlglot.parse_one(named_queries()[name].sql, dialect="trino")
    found = [one for one in tree.find_all(exp.Table) if one.name in TABLES]
    assert found
    for table in found:
        where = table.find_ancestor(exp.Select).args["where"].sql("trino")
        where = re.sub(r"\b[a-z]\.", "", where)
        assert "year || '-' || month || '-' || day_of_month BETWEEN ? AND ?" in where
        assert re.search(r"kind = '(\w+)'", where)[1] in KINDS[table.name]


@pytest.mark.parametrize("name", NAMES)
def test_the_header_counts_the_question_marks(name):
    query = named_queries()[name]
    tree = sqlglot.parse_one(query.sql, dialect="trino")
    assert len(list(tree.find_all(exp.Placeholder))) == len(query.parameters)
    numbers = [int(one) for one in re.findall(r"^--   (\d+) ", query.sql, re.MULTILINE)]
    assert numbers == list(range(1, len(query.parameters) + 1))
    assert query.sql.startswith(f"-- {name}\n")


def test_types_are_named_for_duckdb_as_duckdb_names_them():
    assert duck_type({"a": "real", "b": {"c": "free"}}) == (
        'STRUCT("a" DOUBLE, "b" STRUCT("c" MAP(VARCHAR, VARCHAR)))'
    )


def test_the_yaml_has_no_name_twice():
    """PyYAML keeps the last of two equal keys and says nothing."""
    text = TARGET.read_text(encoding="utf-8")
    names = re.findall(r"^  (\w+):$", text, re.MULTILINE)
    assert len(names) == len(set(names)) + 2  # Database and Workgroup are outputs too
    assert yaml.compose(text) is not None
