"""Projects and casts a batch to the table's columns: by name, without changing a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from datalake_sdk.calendar import FIRST_DAY, LAST_DAY
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.spark_engine.failures import AFTER_LAST_YEAR, BEFORE_FIRST_YEAR, date_message, value_message
from datalake_sdk.spark_engine.spark_internals import try_cast

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

_MICROSECONDS_PER_DAY = 86_400_000_000


def conformed(rows: DataFrame, plan: SchemaPlan, table: StructType, *, complete: bool = True) -> DataFrame:
    """Projects rows to the columns of a table.

    Args:
        rows: Columns in the order of the input, under any names.
        plan: Position of each table column in the input, and the columns that may contain only nulls.
        table: Columns of the table, as Spark reads them.
        complete: Whether to add the columns that the rows lack, filled with null.

    Returns:
        The rows. A value that the table cannot store fails the job that reads it, with a message that
        `failures.failure` parses.
    """
    given = [field.dataType for field in rows.schema.fields]
    numbered = rows.toDF(*map(position_name, range(len(given))))
    return numbered.select(*conformed_columns(given, plan, table, complete=complete))


def conformed_columns(
    given: Sequence[DataType], plan: SchemaPlan, table: StructType, *, complete: bool = True
) -> list[Column]:
    """Casts columns named by their position to the columns of a table.

    Args:
        given: Types of the columns, in the order of the input.
        plan: Position of each table column in the input, and the columns that may contain only nulls.
        table: Columns of the table, as Spark reads them.
        complete: Whether to add the columns that the input lacks, filled with null.
    """
    from pyspark.sql import functions as f

    columns = []
    for field in table.fields:
        if field.name in plan.sources:
            position = plan.sources[field.name]
            cast_to = _only_nulls if field.name in plan.null_only else _cast
            cast = cast_to(field.name, f.col(position_name(position)), given[position], field.dataType)
            columns.append(cast.alias(field.name))
        elif complete:
            columns.append(f.lit(None).cast(field.dataType).alias(field.name))
    return columns


def position_name(position: int) -> str:
    """Name of a column by its position in the input."""
    return f"_{position}"


def _only_nulls(name: str, column: Column, given: DataType, wanted: DataType) -> Column:
    from pyspark.sql import functions as f

    null = f.lit(None).cast(wanted)
    return f.when(column.isNull(), null).otherwise(f.raise_error(f.lit(value_message(name, given, wanted))))


def _cast(name: str, column: Column, given: DataType, wanted: DataType) -> Column:
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    if _are_equal(given, wanted) and not _has_dates(wanted):
        return column
    if isinstance(given, spark.StructType) and isinstance(wanted, spark.StructType):
        return _cast_struct(name, column, given, wanted)
    if isinstance(given, spark.ArrayType) and isinstance(wanted, spark.ArrayType):
        return f.transform(column, lambda value: _cast(name, value, given.elementType, wanted.elementType))
    if isinstance(given, spark.MapType) and isinstance(wanted, spark.MapType):
        items = f.transform_values(column, lambda _, value: _cast(name, value, given.valueType, wanted.valueType))
        if not _has_dates(given.keyType):
            return items
        return f.transform_keys(items, lambda key, _: _cast(name, key, given.keyType, given.keyType))
    cast = column if _are_equal(given, wanted) else _checked_cast(name, column, given, wanted)
    return _checked_date(name, cast, wanted)


def _are_equal(given: DataType, wanted: DataType) -> bool:
    """Whether two types differ in nothing but nullability."""
    return given.simpleString() == wanted.simpleString()


def _has_dates(data_type: DataType) -> bool:
    """Whether values of a type are or contain dates or timestamps."""
    from pyspark.sql import types as spark

    if isinstance(data_type, spark.StructType):
        return any(_has_dates(field.dataType) for field in data_type.fields)
    if isinstance(data_type, spark.ArrayType):
        return _has_dates(data_type.elementType)
    if isinstance(data_type, spark.MapType):
        return _has_dates(data_type.keyType) or _has_dates(data_type.valueType)
    return isinstance(data_type, spark.DateType | spark.TimestampType | spark.TimestampNTZType)


def _cast_struct(name: str, column: Column, given: StructType, wanted: StructType) -> Column:
    from pyspark.sql import functions as f

    types = {field.name: field.dataType for field in given.fields}
    children = [
        _cast(f"{name}.{field.name}", column[field.name], types[field.name], field.dataType).alias(field.name)
        if field.name in types
        else f.lit(None).cast(field.dataType).alias(field.name)
        for field in wanted.fields
    ]
    return f.when(column.isNotNull(), f.struct(*children))


def _checked_cast(name: str, column: Column, given: DataType, wanted: DataType) -> Column:
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    if isinstance(given, spark.NullType):
        return column.cast(wanted)
    cast = try_cast(_exact_operand(column, given, wanted), wanted)
    fits = column.isNull() | (cast.isNotNull() & _is_exact(column, cast, given, wanted))
    message = f.concat(f.lit(value_message(name, given, wanted)), column.cast("string"))
    return f.when(fits, cast).otherwise(f.raise_error(message))


def _exact_operand(column: Column, given: DataType, wanted: DataType) -> Column:
    """Casts a float to a string first: Spark's cast to decimal via double turns 0.1 into 0.10000000149011612."""
    from pyspark.sql import types as spark

    is_float_to_decimal = isinstance(given, spark.FloatType) and isinstance(wanted, spark.DecimalType)
    return column.cast("string") if is_float_to_decimal else column


def _is_exact(column: Column, cast: Column, given: DataType, wanted: DataType) -> Column:
    """Whether a cast kept the value; Spark's own casts round, and clamp to the range of the type."""
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    floating = (spark.FloatType, spark.DoubleType)
    if isinstance(given, floating) and isinstance(wanted, spark.IntegralType):
        # As a double, the largest long rounds up to 2 ** 63, which no long can store.
        return cast.cast(given).eqNullSafe(column) & (column < f.lit(2.0**63))
    if isinstance(given, floating) and isinstance(wanted, floating):
        return ~cast.cast("double").isin(math.inf, -math.inf) | column.cast("double").isin(math.inf, -math.inf)
    if isinstance(given, spark.IntegralType | spark.DecimalType) and isinstance(wanted, floating):
        number = given if isinstance(given, spark.DecimalType) else spark.DecimalType(20, 0)
        return try_cast(cast.cast("string"), number).eqNullSafe(column.cast(number))
    exact = (*floating, spark.IntegralType, spark.DecimalType)
    times = (spark.DateType, spark.TimestampType, spark.TimestampNTZType)
    if isinstance(given, (*exact, *times)) and not isinstance(wanted, spark.StringType):
        return try_cast(cast, given).eqNullSafe(column)
    return f.lit(True)


def _checked_date(name: str, column: Column, data_type: DataType) -> Column:
    """Fails on dates and timestamps outside the years 1 to 9999, which Spark can compute and most readers cannot."""
    from pyspark.sql import functions as f

    if not _has_dates(data_type):
        return column
    first, last, value = _date_bounds(column, data_type)
    return (
        f.when(value < first, f.raise_error(f.lit(date_message(name, BEFORE_FIRST_YEAR))))
        .when(value > last, f.raise_error(f.lit(date_message(name, AFTER_LAST_YEAR))))
        .otherwise(column)
    )


def _date_bounds(column: Column, data_type: DataType) -> tuple[Column, Column, Column]:
    """First and last valid value, and the values to compare with them; numbers if the time zone could matter."""
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    if isinstance(data_type, spark.DateType):
        return f.lit(FIRST_DAY), f.lit(LAST_DAY), f.unix_date(column)
    if isinstance(data_type, spark.TimestampType):
        last = (LAST_DAY + 1) * _MICROSECONDS_PER_DAY - 1
        return f.lit(FIRST_DAY * _MICROSECONDS_PER_DAY), f.lit(last), f.unix_micros(column)
    return f.expr(f"TIMESTAMP_NTZ '{datetime.min}'"), f.expr(f"TIMESTAMP_NTZ '{datetime.max}'"), column
