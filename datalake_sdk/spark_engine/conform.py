"""Columns of a batch become columns of the table: by name, in its order, in casts that keep every value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.spark_engine.failures import misfit_message

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

_LONG = "decimal(20, 0)"


def conformed(rows: DataFrame, plan: SchemaPlan, table: StructType, *, complete: bool = True) -> DataFrame:
    """Gives rows the table's columns.

    Args:
        rows: Columns in the input's order, whatever their names.
        plan: Position of each stored column that the rows have, and which of them may have no value.
        table: The table's columns, as Spark reads them.
        complete: Whether columns that the rows lack are added, null in every row; else they are left out.

    Returns:
        The rows. A value that does not fit fails the job that reads it: `failures` knows the message.
    """
    from pyspark.sql import functions as f

    given = [field.dataType for field in rows.schema.fields]
    numbered = rows.toDF(*(f"_{position}" for position in range(len(given))))
    columns = []
    for field in table.fields:
        if field.name in plan.sources:
            position = plan.sources[field.name]
            cast_to = _nulls if field.name in plan.null_only else _cast
            cast = cast_to(field.name, f.col(f"_{position}"), given[position], field.dataType)
            columns.append(cast.alias(field.name))
        elif complete:
            columns.append(f.lit(None).cast(field.dataType).alias(field.name))
    return numbered.select(*columns)


def _nulls(name: str, column: Column, given: DataType, wanted: DataType) -> Column:
    from pyspark.sql import functions as f

    null = f.lit(None).cast(wanted)
    return f.when(column.isNull(), null).otherwise(f.raise_error(f.lit(misfit_message(name, given, wanted))))


def _cast(name: str, column: Column, given: DataType, wanted: DataType) -> Column:
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    if _same(given, wanted):
        return column
    if isinstance(given, spark.StructType) and isinstance(wanted, spark.StructType):
        return _cast_struct(name, column, given, wanted)
    if isinstance(given, spark.ArrayType) and isinstance(wanted, spark.ArrayType):
        return f.transform(column, lambda value: _cast(name, value, given.elementType, wanted.elementType))
    if isinstance(given, spark.MapType) and isinstance(wanted, spark.MapType):
        return f.transform_values(column, lambda _, value: _cast(name, value, given.valueType, wanted.valueType))
    return _checked_cast(name, column, given, wanted)


def _same(given: DataType, wanted: DataType) -> bool:
    """Whether nothing but nulls that may or may not be there tells two types apart."""
    return given.simpleString() == wanted.simpleString()


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
    cast = _written_out(column, given, wanted).try_cast(wanted)
    fits = column.isNull() | (cast.isNotNull() & _says_the_same(column, cast, given, wanted))
    misfit = f.concat(f.lit(misfit_message(name, given, wanted)), column.cast("string"))
    return f.when(fits, cast).otherwise(f.raise_error(misfit))


def _written_out(column: Column, given: DataType, wanted: DataType) -> Column:
    """The value that is cast: Spark makes a double of a float before it makes a decimal, 0.1 is 0.10000000149011612."""
    from pyspark.sql import types as spark

    is_narrow = isinstance(given, spark.FloatType) and isinstance(wanted, spark.DecimalType)
    return column.cast("string") if is_narrow else column


def _says_the_same(column: Column, cast: Column, given: DataType, wanted: DataType) -> Column:
    """Whether a cast is the value itself: Spark rounds, and takes the nearest end of a range."""
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    floating = (spark.FloatType, spark.DoubleType)
    if isinstance(given, floating) and isinstance(wanted, spark.IntegralType):
        # The nearest double to the largest long is one more than it.
        return cast.cast(given).eqNullSafe(column) & (column < f.lit(2.0**63))
    if isinstance(given, floating) and isinstance(wanted, floating):
        return ~cast.cast("double").isin(math.inf, -math.inf) | column.cast("double").isin(math.inf, -math.inf)
    if isinstance(given, spark.IntegralType | spark.DecimalType) and isinstance(wanted, floating):
        number = given.simpleString() if isinstance(given, spark.DecimalType) else _LONG
        return cast.cast("string").try_cast(number).eqNullSafe(column.cast(number))
    exact = (*floating, spark.IntegralType, spark.DecimalType)
    times = (spark.DateType, spark.TimestampType, spark.TimestampNTZType)
    if isinstance(given, (*exact, *times)) and not isinstance(wanted, spark.StringType):
        return cast.try_cast(given).eqNullSafe(column)
    return f.lit(True)
