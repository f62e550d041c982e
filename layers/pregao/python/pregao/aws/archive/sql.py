"""SQL over archived records: DuckDB, the tables of infra/athena.yaml as views over the objects it is given.

A question somebody types runs in a sandboxed connection: one SELECT, no file but those objects, no writing,
no extension, no setting, no Python variable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from pregao.domain.audit.archive_days import ArchiveError, Files
from pregao.domain.audit.archive_schema import KINDS, TABLES, Columns, duck_type
from pregao.domain.audit.chain import DAYS
from pregao.domain.audit.records import ACCESSES
from pregao.flow.ports.archive import Answer

PARTITIONS = {"year": "year", "month": "month", "day_of_month": "day"}
"""The partition columns and the folders they are read off."""
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # else a table's name may mean a variable of this process
    "threads": "1",  # with several, DuckDB at times passes over half a line at an object's end without a word
    "temp_directory": "",  # else it spills into the folder where the command was started
}
AT_ONCE = 2_000
OF_OPERATOR = {
    "entrega_audit": "operator = '{name}'",
    "acao_operador_audit": "operator IN ('{name}', 'system')",
    "alertas_audit": "alert_id IN (SELECT alert_id FROM entrega_audit)",
}
"""What of each table concerns an operator."""
OF_INSTRUMENT = "upper(instrument) = ? OR upper(split_part(chain, '#', 1)) = ?"
"""What of each table is of an instrument or a contract."""


class ArchiveSql:
    """The three tables over the given objects; `run` asks anything, `ask` only what cannot do harm."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._duck = duckdb.connect(config=dict(SETTINGS))
        self._duck.execute("SET enable_progress_bar = false")  # else it writes into the answer after 2 s
        for table, columns in TABLES.items():
            self._duck.execute(f"SET VARIABLE files_{table} = ?", [[str(path) for path in files[table]]])
            self._duck.execute(_view(table, columns, empty=not files[table]))
            self._duck.execute(f'CREATE VIEW "all {table}" AS FROM "every {table}"')
            self._duck.execute(f'CREATE VIEW {table} AS FROM "all {table}"')
        self._locked = False

    def narrow(self, operator: str) -> None:
        """Leave in the tables what concerns an operator (by pseudonym), alerts by their deliveries.

        TIMEOUT records have operator `system`; they are kept.
        """
        name = operator.replace("'", "''")
        for table, of_whom in OF_OPERATOR.items():
            self._duck.execute(
                f'CREATE OR REPLACE VIEW {table} AS FROM "all {table}" WHERE {of_whom.format(name=name)}'
            )

    def instruments(self, name: str = "") -> set[str]:
        """Return the instruments in the records, those with that name or contract where one is given.

        Raises ArchiveError.
        """
        those = f" WHERE {OF_INSTRUMENT}" if name else ""
        each = " UNION ".join(
            f'SELECT instrument FROM "every {table}"{those}'  # noqa: S608
            for table in TABLES
        )
        found = {one for (one,) in self.run(each, [name, name] * (len(TABLES) if name else 0)).rows if one}
        return found - {DAYS, ACCESSES}

    def only(self, name: str) -> None:
        """Leave in the tables what is of an instrument or a contract (WIN, WINZ26)."""
        text = name.replace("'", "''")
        of_it = OF_INSTRUMENT.replace("?", f"'{text}'")
        for table in TABLES:
            self._duck.execute(f'CREATE OR REPLACE VIEW "all {table}" AS FROM "every {table}" WHERE {of_it}')

    def operators(self) -> set[str]:
        """Return the pseudonyms in the records; raises ArchiveError."""
        tables = ("entrega_audit", "acao_operador_audit")
        each = " UNION ".join(f'SELECT operator FROM "all {table}"' for table in tables)  # noqa: S608
        return {one for (one,) in self.run(f"{each}").rows if one}

    def alerts(self, start: str) -> dict[str, str]:
        """Return the alerts whose id begins so, each with what tells it from others; raises ArchiveError."""
        found = self.run(
            'SELECT alert_id, min(recorded_at), min(contract), min(pattern) FROM "all alertas_audit" '
            "WHERE kind = 'alert' AND starts_with(alert_id, ?) GROUP BY alert_id ORDER BY 2",
            [start],
        )
        return {one: f"{at[:16]} {contract} {pattern}" for one, at, contract, pattern in found.rows}

    def records(self, table: str) -> int:
        """Return how many records of a table were searched, without the chains' bookkeeping."""
        kinds = ", ".join(f"'{one}'" for one in KINDS[table])
        sql = f'SELECT count(*) FROM "all {table}" WHERE kind IN ({kinds})'  # noqa: S608 names of the schema
        return int(next(self.run(sql).rows)[0])

    def __enter__(self) -> ArchiveSql:
        return self

    def __exit__(self, *_: object) -> None:
        self._duck.close()

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Answer one SELECT; raises ArchiveError: it is none, reaches elsewhere, an object is damaged."""
        self._lock()
        try:
            kinds = [one.type for one in self._duck.extract_statements(sql)]
        except duckdb.Error as error:
            raise self._explained(error) from error
        if kinds != [duckdb.StatementType.SELECT]:
            raise ArchiveError(
                "o arquivo só se lê: pergunte com um SELECT"
                " · the archive is only read: ask with one SELECT statement"
            )
        return self.run(sql, parameters)

    def run(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Run the project's own SQL; raises ArchiveError."""
        try:
            self._duck.execute(sql, list(parameters))
        except duckdb.Error as error:
            raise self._explained(error) from error
        return Answer([str(one[0]) for one in self._duck.description or ()], self._rows())

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        while True:
            try:
                some = self._duck.fetchmany(AT_ONCE)
            except duckdb.Error as error:
                raise self._explained(error) from error
            if not some:
                return
            yield from some

    def _lock(self) -> None:
        if self._locked:
            return
        paths = [str(path) for table in TABLES for path in self._files[table]]
        self._duck.execute("SET allowed_paths = ?", [paths])
        self._duck.execute("SET enable_external_access = false")
        self._duck.execute("SET lock_configuration = true")
        self._locked = True

    def _explained(self, error: duckdb.Error) -> ArchiveError:
        said = str(error)
        damaged = next((path for one in self._files.values() for path in one if str(path) in said), None)
        if damaged is None:
            return ArchiveError(f"o arquivo não pode responder · the archive cannot answer: {said}")
        return ArchiveError(
            f"{damaged} está danificado; copie-o de novo do bucket e veja o que mais mudou"
            f" · is damaged or no object of the archive; copy it again from the"
            " bucket, and see what else changed: pregao audit verify"
        )


def _view(table: str, columns: Columns, *, empty: bool) -> str:
    """Return the view's SQL.

    Each line is read as one JSON value and opened here: with a list of columns, DuckDB prepares every one of
    them anew for every object, and a hundred thousand small objects take minutes instead of seconds.
    """
    if empty:
        typed = {
            **{name: duck_type(kind) for name, kind in columns.items()},
            **dict.fromkeys(PARTITIONS, "VARCHAR"),
        }
        nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in typed.items())
        return f'CREATE VIEW "every {table}" AS SELECT {nothing} WHERE false'
    folders = ", ".join(
        f"regexp_extract(filename, '.*[/\\\\]{folder}=([0-9]+)[/\\\\]', 1) AS {name}"
        for name, folder in PARTITIONS.items()
    )
    plain, opened = _opened(columns)
    return (
        f'CREATE VIEW "every {table}" AS SELECT {opened}, {folders} FROM ('  # noqa: S608 names of this module
        f"SELECT json, filename, json_transform(json, '{json.dumps(plain)}') AS plain "
        f"FROM read_ndjson_objects(getvariable('files_{table}'), filename = true, compression = 'gzip', "
        "hive_partitioning = false))"
    )


def _opened(columns: Columns) -> tuple[Mapping[str, str], str]:
    """Return the shape of the plain columns, opened together as `plain`, and the view's columns.

    Each structure is opened by itself: one that nobody asks for costs nothing.
    """
    plain = {name: duck_type(kind) for name, kind in columns.items() if isinstance(kind, str)}
    return plain, ", ".join(
        f'plain."{name}" AS "{name}"'
        if name in plain
        else f'json_transform(json, \'{json.dumps({name: duck_type(kind)})}\')."{name}" AS "{name}"'
        for name, kind in columns.items()
    )
