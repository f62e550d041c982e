"""The archive's objects as files: found, asked in SQL (DuckDB), proved; and where they are brought from.

`sql` alone needs DuckDB, which functions have from a layer of its own. Tested in tests/unit/local/audit,
with the bucket in tests/functions.
"""
