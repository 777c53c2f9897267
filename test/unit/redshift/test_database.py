"""Settings of databases in Redshift, and columns of existing copies."""

from __future__ import annotations

import pytest
from pyiceberg import types as iceberg
from pyiceberg.schema import Schema

from datalake_sdk.errors import ExportColumnsError, RedshiftColumnError, RedshiftSettingsError, UnknownFieldsError
from datalake_sdk.operations.export_redshift import ExportScope, parse_target
from datalake_sdk.redshift.columns import redshift_columns
from datalake_sdk.redshift.copy_columns import check_types, column_changes, copy_column
from datalake_sdk.redshift.database import RedshiftDatabase
from datalake_sdk.redshift.statements import CopyName, StagedRows

_ORDERS = CopyName("public", "orders")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"workgroup": "w1-"}, "database is not set"),
        ({"database": "dev"}, "workgroup or cluster is not set; it must be one of them"),
        ({"database": "dev", "workgroup": "a b"}, "workgroup is 'a b'; it must be a name of 3 to 63"),
        ({"database": "dev", "cluster": "1c"}, "cluster is '1c'"),
        ({"database": "dev", "workgroup": "abc", "db_user": "ana"}, "db_user is 'ana'; it must be unset with a work"),
        ({"database": "dev", "workgroup": "abc", "copy_role_arn": "x"}, "copy_role_arn is 'x'; .* ARN of an IAM role"),
        ({"database": "dev", "workgroup": "abc", "secret_arn": "s"}, "secret_arn is 's'; it must be the ARN of a s"),
    ],
)
def test_invalid_settings_are_errors_with_the_valid_values(settings, words):
    with pytest.raises(RedshiftSettingsError, match=words):
        RedshiftDatabase.from_settings(settings)


def test_unknown_settings_are_errors():
    with pytest.raises(UnknownFieldsError, match="workgrup"):
        RedshiftDatabase.from_settings({"database": "dev", "workgrup": "abc"})


@pytest.mark.parametrize("target", ["a.b.c", ".orders", "sales.", "Orders", "o" * 128])
def test_names_of_copies_are_checked(target):
    with pytest.raises(Exception, match="target is '.*it must be 'table' or 'schema.table'"):
        parse_target(target)


def test_the_scope_is_checked():
    with pytest.raises(Exception, match="scope is 'all'; it must be full or changes"):
        ExportScope.parse("all")


def _rows(longest: int, *types: iceberg.IcebergType) -> StagedRows:
    fields = [iceberg.NestedField(position, f"c{position}", type_) for position, type_ in enumerate(types, 1)]
    columns = redshift_columns("t", Schema(*fields))
    return StagedRows(None, columns, {column.name: longest for column in columns}, 0)


def test_new_columns_are_added_and_short_ones_are_widened():
    copy = [copy_column(["c1", "character varying", 64, None, None, "YES"])]
    rows = _rows(65, iceberg.StringType(), iceberg.LongType())
    assert column_changes(_ORDERS, copy, rows) == [
        'ALTER TABLE "public"."orders" ALTER COLUMN "c1" TYPE VARCHAR(256)',
        'ALTER TABLE "public"."orders" ADD COLUMN "c2" BIGINT',
    ]
    assert column_changes(_ORDERS, copy, _rows(64, iceberg.StringType())) == []


@pytest.mark.parametrize(
    ("stored", "type_", "fits"),
    [
        (["bigint", None, None, None], iceberg.IntegerType(), True),
        (["integer", None, None, None], iceberg.LongType(), False),
        (["double precision", None, None, None], iceberg.FloatType(), True),
        (["numeric", None, 12, 4], iceberg.DecimalType(10, 2), True),
        (["numeric", None, 10, 4], iceberg.DecimalType(10, 2), False),
        (["character varying", 36, None, None], iceberg.UUIDType(), True),
        (["binary varying(64)", None, None, None], iceberg.BinaryType(), True),
        (["super", None, None, None], iceberg.ListType(9, iceberg.LongType()), True),
        (["timestamp without time zone", None, None, None], iceberg.TimestamptzType(), False),
    ],
)
def test_a_column_of_a_copy_must_store_all_values(stored, type_, fits):
    copy = [copy_column(["c1", *stored, "YES"])]
    if fits:
        check_types(_ORDERS, copy, _rows(0, type_).columns)
        return
    with pytest.raises(RedshiftColumnError, match="public.orders: column 'c1' is .*, the table's column needs"):
        check_types(_ORDERS, copy, _rows(0, type_).columns)


def test_other_columns_of_a_copy_must_accept_null():
    copy = [copy_column(["owner", "integer", None, None, None, "NO"])]
    with pytest.raises(ExportColumnsError, match="NOT NULL columns that the table does not have: 'owner'"):
        column_changes(_ORDERS, copy, _rows(0, iceberg.LongType()))
