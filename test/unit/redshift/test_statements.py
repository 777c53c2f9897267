"""SQL statements of exports."""

from __future__ import annotations

from dataclasses import replace

from pyiceberg import types as iceberg
from pyiceberg.schema import Schema

from datalake_sdk.redshift.columns import redshift_columns
from datalake_sdk.redshift.statements import (
    CopyName,
    Export,
    ExportMode,
    ExportRecord,
    StagedRows,
    export_statements,
    literal,
    quoted,
)

_SCHEMA = Schema(
    iceberg.NestedField(1, "id", iceberg.LongType()), iceberg.NestedField(2, "at", iceberg.TimestamptzType())
)
_COLUMNS = redshift_columns("t", _SCHEMA)
_ROWS = StagedRows("s3://b/rows.manifest", _COLUMNS, {}, 3)
_EXPORT = Export(
    CopyName("public", "orders"),
    ExportRecord(8, "dev_sales.orders", 42, ExportMode.MERGE, 3),
    _ROWS,
    "arn:role",
    ("id",),
    StagedRows("s3://b/deleted.manifest", _COLUMNS[:1], {}, 1),
)


def test_a_merge_is_one_guarded_transaction():
    assert export_statements(_EXPORT) == [
        'LOCK "public"."datalake_sdk_exports"',
        "CREATE TEMP TABLE export_guard (export_number BIGINT NOT NULL)",
        "INSERT INTO export_guard SELECT CASE WHEN (SELECT COALESCE(MAX(export_number), 0) FROM "
        """"public"."datalake_sdk_exports" WHERE target_table = 'orders') = 7 THEN 7 END""",
        'CREATE TABLE IF NOT EXISTS "public"."orders" ("id" BIGINT, "at" TIMESTAMPTZ)',
        'CREATE TEMP TABLE export_stage ("id" BIGINT, "at" TIMESTAMP)',
        "COPY export_stage FROM 's3://b/rows.manifest' IAM_ROLE 'arn:role' FORMAT AS PARQUET MANIFEST",
        'CREATE TEMP TABLE export_deleted ("id" BIGINT)',
        "COPY export_deleted FROM 's3://b/deleted.manifest' IAM_ROLE 'arn:role' FORMAT AS PARQUET MANIFEST",
        'DELETE FROM "public"."orders" USING export_deleted WHERE "public"."orders"."id" = export_deleted."id"',
        'CREATE TEMP TABLE export_rows ("id" BIGINT, "at" TIMESTAMPTZ)',
        """INSERT INTO export_rows SELECT export_stage."id", export_stage."at" AT TIME ZONE 'UTC' FROM export_stage""",
        'MERGE INTO "public"."orders" USING export_rows ON "public"."orders"."id" = export_rows."id" '
        'WHEN MATCHED THEN UPDATE SET "at" = export_rows."at" '
        'WHEN NOT MATCHED THEN INSERT ("id", "at") VALUES (export_rows."id", export_rows."at")',
        'INSERT INTO "public"."datalake_sdk_exports" VALUES '
        "('orders', 8, 'dev_sales.orders', 42, 'merge', 3, SYSDATE)",
    ]


def test_a_full_export_replaces_the_rows_without_truncate():
    full = replace(_EXPORT, record=replace(_EXPORT.record, mode=ExportMode.FULL), role=None)
    statements = export_statements(full)
    assert statements[5].endswith("IAM_ROLE default FORMAT AS PARQUET MANIFEST")
    assert statements[6] == 'DELETE FROM "public"."orders"'
    assert statements[7].startswith('INSERT INTO "public"."orders" ("id", "at") SELECT export_stage."id"')


def test_no_rows_need_no_copy():
    empty = replace(_EXPORT, rows=replace(_ROWS, manifest=None), deleted=None)
    assert not [sql for sql in export_statements(empty) if sql.startswith("COPY")]


def test_names_and_strings_are_quoted():
    assert (quoted('a"b'), literal("a'b\\")) == ('"a""b"', "'a''b\\\\'")
