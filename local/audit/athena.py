"""infra/athena.yaml from its template: the tables' columns and the named queries, each written down once.

Run by `make athena`; a test holds the file against what this module makes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from pregao.domain.audit.archive_schema import TABLES, glue_type
from pregao.domain.audit.closed_days import PREFIX
from pregao.domain.audit.named_queries import NamedQuery, named_queries

INFRA = Path(__file__).resolve().parents[2] / "infra"
TARGET = INFRA / "athena.yaml"
CLOSED = "_closed"
"""What the names of tables and queries over closed days' objects end in."""
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
_ABOUT = re.compile(r"\A(?:--.*\n)*?(?=-- Parameters)")
"""What a query's text begins with and its description says again."""


def athena_yaml() -> str:
    """Return the CloudFormation template."""
    env = Environment(  # noqa: S701 YAML, of this repository's own words
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    tables = [
        {
            "name": table + suffix,
            "logical": _logical(table + suffix),
            "folder": f"{under}table={table}",
            "columns": [(name, glue_type(kind)) for name, kind in columns.items()],
        }
        for suffix, under in ((CLOSED, PREFIX), ("", ""))
        for table, columns in TABLES.items()
    ]
    queries = [_query(one, suffix) for suffix in (CLOSED, "") for one in named_queries().values()]
    template = env.from_string((INFRA / "athena.yaml.j2").read_text(encoding="utf-8"))
    return template.render(tables=tables, queries=queries)


def _query(one: NamedQuery, suffix: str) -> Mapping[str, str]:
    """Return a named query as the template has it, of closed days where the tables' suffix says so.

    That one is one line without comments, the other tells its parameters alone: CloudFormation takes 51,200
    bytes of a template as it is.
    """
    names = "|".join(TABLES)
    sql = " ".join(_COMMENT.sub("", one.sql).split()) + "\n" if suffix else _ABOUT.sub("", one.sql)
    return {
        "name": one.name + suffix,
        "logical": f"{_logical(one.name + suffix)}Query",
        "en": f"{one.name}, of closed days alone." if suffix else one.en,
        "sql": re.sub(rf"\b({names})\b", rf"\1{suffix}", sql),
    }


def _logical(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


if __name__ == "__main__":
    TARGET.write_text(athena_yaml(), encoding="utf-8")
