"""Converts dataframes of any library to Spark DataFrames with an Arrow schema."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from datalake_sdk.engine.conform import conform
from datalake_sdk.errors import RepeatedColumnError, UnsupportedTypeError
from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe
from datalake_sdk.spark_engine.input_types import spark_arrow_schema, spark_schema
from datalake_sdk.spark_engine.spark_internals import arrow_dataframe

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructField


@dataclass(frozen=True)
class SparkBatch:
    """Rows to write.

    Args:
        dataframe: Columns in the order of the schema, under any names.
        schema: Column names of the input, with the types that the native engine would receive.
    """

    dataframe: DataFrame
    schema: pa.Schema


def spark_batch(session: SparkSession, table: str, data: Any) -> SparkBatch:
    """Creates a batch from a Spark DataFrame, pandas on Spark, or any dataframe that the native engine supports.

    Rows that are not in Spark pass through the memory of the driver.

    Args:
        session: Session for rows that are not in Spark.
        table: Table name for messages.
        data: Dataframe; the index of pandas is dropped.

    Raises:
        UnsupportedDataframeError: The value is not a dataframe.
        UnsupportedTypeError: Iceberg cannot store the type of a column.
        UnsupportedSparkTypeError: Spark does not support the type of a column.
        RepeatedColumnError: Two columns have the same name.
    """
    from pyspark.sql import DataFrame

    if type(data).__module__.startswith("pyspark.pandas") and hasattr(data, "to_spark"):
        data = data.to_spark()
    if isinstance(data, DataFrame):
        return SparkBatch(
            data, _unique(pa.schema([_arrow_field(table, field.name, field) for field in data.schema.fields]))
        )
    return _from_arrow(session, table, data)


def _unique(schema: pa.Schema) -> pa.Schema:
    repeated = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if repeated is not None:
        raise RepeatedColumnError("dataframe", repeated)
    return schema


def _from_arrow(session: SparkSession, table: str, data: Any) -> SparkBatch:
    stream = stream_from_dataframe(data)
    target = spark_arrow_schema(table, stream.schema)
    sources = {name: position for position, name in enumerate(target.names)}
    batches = [conform(table, task(), sources, target) for task in stream.tasks()]
    rows = pa.concat_tables([target.empty_table(), *batches])
    return SparkBatch(arrow_dataframe(session, rows, spark_schema(target)), stream.schema)


def _arrow_field(table: str, column: str, field: StructField) -> pa.Field:
    return pa.field(field.name, _arrow_type(table, column, field.dataType))


def _arrow_type(table: str, column: str, data_type: DataType) -> pa.DataType:
    from pyspark.errors import PySparkTypeError
    from pyspark.sql import types as spark
    from pyspark.sql.pandas.types import to_arrow_type

    if isinstance(data_type, spark.StructType):
        return pa.struct([_arrow_field(table, f"{column}.{child.name}", child) for child in data_type.fields])
    if isinstance(data_type, spark.ArrayType):
        return pa.list_(_arrow_type(table, column, data_type.elementType))
    if isinstance(data_type, spark.MapType):
        return pa.map_(*(_arrow_type(table, column, part) for part in (data_type.keyType, data_type.valueType)))
    with suppress(PySparkTypeError):
        # Spark 3.5 has no such type.
        if data_type.typeName() != "variant":
            return to_arrow_type(data_type)
    raise UnsupportedTypeError(table, column, data_type.simpleString())
