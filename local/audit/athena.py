"""infra/athena.yaml from its template: the tables' columns and the named queries, each written down once.

Run by `make athena`; a test holds the file against what this module makes.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from local.audit.archive_schema import TABLES, glue_type
from local.audit.named_queries import named_queries

INFRA = Path(__file__).resolve().parents[2] / "infra"
TARGET = INFRA / "athena.yaml"


def athena_yaml() -> str:
    """Return the CloudFormation template."""
    env = Environment(  # noqa: S701 YAML, of this repository's own words
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    tables = [
        {
            "name": table,
            "logical": _logical(table),
            "columns": [(name, glue_type(kind)) for name, kind in columns.items()],
        }
        for table, columns in TABLES.items()
    ]
    queries = [
        {"name": one.name, "logical": f"{_logical(one.name)}Query", "en": one.en, "sql": one.sql}
        for one in named_queries().values()
    ]
    template = env.from_string((INFRA / "athena.yaml.j2").read_text(encoding="utf-8"))
    return template.render(tables=tables, queries=queries)


def _logical(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


if __name__ == "__main__":
    TARGET.write_text(athena_yaml(), encoding="utf-8")
