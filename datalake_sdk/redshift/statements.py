"""SQL statements of an export: one transaction that loads staged files, changes the copy and logs the snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from datalake_sdk.redshift.columns import RedshiftColumn
from datalake_sdk.sql_quotes import quoted

LOG_TABLE = "datalake_sdk_exports"
GUARD_COLUMN = "export_number"
_GUARD, _STAGE, _ROWS, _DELETED = "export_guard", "export_stage", "export_rows", "export_deleted"


class ExportMode(StrEnum):
    """How an export changes the copy."""

    FULL = "full"
    APPEND = "append"
    MERGE = "merge"


@dataclass(frozen=True)
class CopyName:
    """Name of a copy in Redshift."""

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The quoted name."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def log(self) -> str:
        """The quoted name of the log of exports, which is in the same schema."""
        return f"{quoted(self.schema)}.{quoted(LOG_TABLE)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class StagedRows:
    """Rows that were staged as Parquet files.

    Args:
        manifest: Location of the manifest that lists the files; None if there are no rows.
        columns: Columns of the files, in their order.
        longest: Bytes of the longest value of each column with values of variable length.
        rows: Number of rows.
    """

    manifest: str | None
    columns: Sequence[RedshiftColumn]
    longest: Mapping[str, int]
    rows: int

    def declared(self, column: RedshiftColumn) -> str:
        """Returns the type in Redshift of a column that can store all staged values."""
        return column.declared(self.longest.get(column.name, 0))


@dataclass(frozen=True)
class ExportRecord:
    """A row of the log.

    Args:
        number: Number of the export to this copy, from 1.
        source: Name of the table, with the stage's prefix.
        snapshot_id: Exported snapshot.
        mode: How the copy was changed.
        rows: Number of loaded rows.
    """

    number: int
    source: str
    snapshot_id: int
    mode: ExportMode
    rows: int


@dataclass(frozen=True)
class Export:
    """Everything that an export changes.

    Args:
        target: The copy.
        record: Row to append to the log.
        rows: Staged rows to load.
        role: ARN of the role with which COPY reads the staged files; None is the default role.
        keys: Key columns of mode `merge`.
        deleted: Staged keys to delete in mode `merge`.
    """

    target: CopyName
    record: ExportRecord
    rows: StagedRows
    role: str | None
    keys: Sequence[str] = ()
    deleted: StagedRows | None = None


def state_statements(target: CopyName) -> list[str]:
    """Statements that create the log, and return the last export to a copy and the columns of the copy.

    https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_ALL_COLUMNS.html
    """
    return [
        f"CREATE TABLE IF NOT EXISTS {target.log} (target_table VARCHAR(127) NOT NULL, {GUARD_COLUMN} BIGINT NOT NULL, "
        "source_table VARCHAR(512) NOT NULL, snapshot_id BIGINT NOT NULL, export_mode VARCHAR(16) NOT NULL, "
        "row_count BIGINT NOT NULL, exported_at TIMESTAMP NOT NULL)",
        f"SELECT {GUARD_COLUMN}, source_table, snapshot_id FROM {target.log} "
        f"WHERE target_table = {literal(target.table)} ORDER BY {GUARD_COLUMN} DESC LIMIT 1",
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable "
        "FROM svv_all_columns WHERE database_name = current_database() "
        f"AND schema_name = {literal(target.schema)} AND table_name = {literal(target.table)} "
        "ORDER BY ordinal_position",
    ]


def export_statements(export: Export) -> list[str]:
    """Statements of one transaction; it fails if another export to the copy has committed since the state was read."""
    target, record = export.target, export.record
    return [
        f"LOCK {target.log}",
        *_guard(target, record.number - 1),
        create_table(target, export.rows),
        *_load(_STAGE, export.rows, export.role),
        *_changes(export),
        f"INSERT INTO {target.log} VALUES ({literal(target.table)}, {record.number}, {literal(record.source)}, "
        f"{record.snapshot_id}, {literal(record.mode)}, {record.rows}, SYSDATE)",
    ]


def create_table(target: CopyName, rows: StagedRows) -> str:
    """Returns the statement that creates a copy."""
    columns = ", ".join(f"{quoted(column.name)} {rows.declared(column)}" for column in rows.columns)
    return f"CREATE TABLE IF NOT EXISTS {target.sql} ({columns})"


def add_column(target: CopyName, name: str, type_: str) -> str:
    """Returns the statement that adds a column to a copy."""
    return f"ALTER TABLE {target.sql} ADD COLUMN {quoted(name)} {type_}"


def widen_column(target: CopyName, name: str, type_: str) -> str:
    """Returns the statement that makes a column longer; Redshift does not allow it within a transaction block.

    https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
    """
    return f"ALTER TABLE {target.sql} ALTER COLUMN {quoted(name)} TYPE {type_}"


def literal(value: str) -> str:
    """Returns a string literal, in which a backslash starts an escape sequence."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _guard(target: CopyName, expected: int) -> list[str]:
    """A null in a NOT NULL column aborts the transaction: SQL of Redshift has no other way to raise an error."""
    last = f"SELECT COALESCE(MAX({GUARD_COLUMN}), 0) FROM {target.log} WHERE target_table = {literal(target.table)}"
    return [
        f"CREATE TEMP TABLE {_GUARD} ({GUARD_COLUMN} BIGINT NOT NULL)",
        f"INSERT INTO {_GUARD} SELECT CASE WHEN ({last}) = {expected} THEN {expected} END",
    ]


def _load(stage: str, rows: StagedRows, role: str | None) -> list[str]:
    columns = ", ".join(
        f"{quoted(column.name)} {column.declared_staged(rows.longest.get(column.name, 0))}" for column in rows.columns
    )
    create = f"CREATE TEMP TABLE {stage} ({columns})"
    if rows.manifest is None:
        return [create]
    # https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-authorization.html
    reader = "default" if role is None else literal(role)
    return [create, f"COPY {stage} FROM {literal(rows.manifest)} IAM_ROLE {reader} FORMAT AS PARQUET MANIFEST"]


def _changes(export: Export) -> list[str]:
    target = export.target.sql
    names = ", ".join(quoted(column.name) for column in export.rows.columns)
    insert = f"INSERT INTO {target} ({names}) {_selected(export.rows.columns, _STAGE)}"
    if export.record.mode == ExportMode.FULL:
        # TRUNCATE would commit the transaction: https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
        return [f"DELETE FROM {target}", insert]
    if export.record.mode == ExportMode.APPEND:
        return [insert]
    return [*_deletions(export), *_merge(export)]


def _deletions(export: Export) -> list[str]:
    if export.deleted is None or export.deleted.manifest is None:
        return []
    target = export.target
    same = " AND ".join(
        f"{target.sql}.{quoted(column.name)} = {_loaded(column, _DELETED)}" for column in export.deleted.columns
    )
    return [
        *_load(_DELETED, export.deleted, export.role),
        f"DELETE FROM {target.sql} USING {_DELETED} WHERE {same}",
    ]


def _merge(export: Export) -> list[str]:
    """MERGE reads a table, whose columns it compares with those of the copy.

    https://docs.aws.amazon.com/redshift/latest/dg/r_MERGE.html
    """
    columns, target = export.rows.columns, export.target.sql
    typed = ", ".join(f"{quoted(column.name)} {export.rows.declared(column)}" for column in columns)
    names = [quoted(column.name) for column in columns]
    keys = [quoted(key) for key in export.keys]
    matches = " AND ".join(f"{target}.{key} = {_ROWS}.{key}" for key in keys)
    updated = [name for name in names if name not in keys] or keys
    updates = ", ".join(f"{name} = {_ROWS}.{name}" for name in updated)
    values = ", ".join(f"{_ROWS}.{name}" for name in names)
    return [
        f"CREATE TEMP TABLE {_ROWS} ({typed})",
        f"INSERT INTO {_ROWS} {_selected(columns, _STAGE)}",
        f"MERGE INTO {target} USING {_ROWS} ON {matches} WHEN MATCHED THEN UPDATE SET {updates} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) VALUES ({values})",
    ]


def _selected(columns: Sequence[RedshiftColumn], stage: str) -> str:
    return f"SELECT {', '.join(_loaded(column, stage) for column in columns)} FROM {stage}"


def _loaded(column: RedshiftColumn, stage: str) -> str:
    return column.load_expression.format(f"{stage}.{quoted(column.name)}")
