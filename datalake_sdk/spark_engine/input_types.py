"""Spark types of input columns, equivalent to the types in which the native engine stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.types import TimeType, UUIDType

from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.engine.types import iceberg_type
from datalake_sdk.errors import UnsupportedSparkTypeError

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

_NOT_IN_SPARK = (TimeType, UUIDType)


def spark_arrow_schema(name: str, schema: pa.Schema) -> pa.Schema:
    """Returns the Arrow schema of the batches passed to Spark.

    Args:
        name: Name of the input for messages.
        schema: Schema of the input; columns of type null keep this type.

    Raises:
        UnsupportedTypeError: Iceberg cannot store the type of a column.
        UnsupportedSparkTypeError: Spark does not support the type of a column.
    """
    return pa.schema([(field.name, _spark_arrow_type(name, field)) for field in schema])


def spark_schema(schema: pa.Schema) -> StructType:
    """Returns the Spark schema of these batches; timestamps without a time zone become TIMESTAMP_NTZ."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def _spark_arrow_type(name: str, field: pa.Field) -> pa.DataType:
    if pa.types.is_null(field.type):
        return field.type
    stored = iceberg_type(name, field.name, field.type)
    if isinstance(stored, _NOT_IN_SPARK):
        raise UnsupportedSparkTypeError(name, field.name, str(stored))
    if pa.types.is_fixed_size_binary(field.type):
        return pa.binary()
    return arrow_type(stored)
