"""Row checks of a contract as Spark columns; values violate the same checks as in the native engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pyarrow as pa

from datalake_sdk.contracts.checks import RowCheck, RowRule
from datalake_sdk.contracts.patterns import java_pattern
from datalake_sdk.engine.checks.constants import exact_value, float_value, member_values, units_of
from datalake_sdk.engine.checks.row_rules import LOWER_BOUNDS, column_check, last_valid
from datalake_sdk.errors import CheckEvaluationError, DatalakeError
from datalake_sdk.spark_engine.spark_internals import analyzed_plan
from datalake_sdk.spark_engine.sql import reworded_errors
from datalake_sdk.sql.row_conditions import condition_statement, parse_condition
from datalake_sdk.sql.spark.templates import spark_sql
from datalake_sdk.sql.spark.translate import translate
from datalake_sdk.sql.spark.type_rules import resolve_placeholders

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def is_violated(check: RowCheck, rows: DataFrame, schema: pa.Schema) -> Column:
    """Returns whether each row violates a check, never null.

    Args:
        check: The check.
        rows: Rows in the types of the table.
        schema: Types of the columns in data files.

    Raises:
        CheckTypeError: The check does not apply to the type of its column.
        CheckEvaluationError: Spark cannot evaluate the expression of the check.
    """
    from pyspark.sql import functions as f

    if check.rule is RowRule.EXPRESSION:
        return ~f.coalesce(_condition(check, rows), f.lit(True))
    (name,) = check.columns
    data_type = schema.field(name).type
    column_check(check, data_type)
    violated = f.coalesce(_RULES[check.rule](check, f.col(f"`{name}`"), data_type), f.lit(False))
    if check.rule in (RowRule.REQUIRED, RowRule.NOT_MISSING):
        return f.col(f"`{name}`").isNull() | violated
    return violated


def _condition(check: RowCheck, rows: DataFrame) -> Column:
    """Translates the condition of an expression, with the types of the rows."""
    from pyspark.sql import functions as f
    from sqlglot import exp

    text, view = str(check.value), f"datalake_sdk_check_{uuid4().hex}"
    session = rows.sparkSession
    rows.createOrReplaceTempView(view)
    try:
        with reworded_errors():
            tree = translate(parse_condition(text).query, condition_statement(text))
            for table in tree.find_all(exp.Table):
                table.replace(exp.to_table(view))
            (condition,) = resolve_placeholders(tree, partial(analyzed_plan, session)).selects
            session.sql(spark_sql(exp.select(condition.copy()).from_(view)))
    except DatalakeError as error:
        raise CheckEvaluationError(check.name, error.message) from error
    finally:
        session.catalog.dropTempView(view)
    return f.expr(spark_sql(condition))


def _is_null(_: RowCheck, column: Column, __: pa.DataType) -> Column:
    return column.isNull()


def _is_member(check: RowCheck, column: Column, data_type: pa.DataType) -> Column:
    values = check.value if isinstance(check.value, tuple) else ()
    members = member_values(check, values, data_type).to_pylist() if values else []
    if isinstance(data_type, pa.UuidType):
        members = [str(UUID(bytes=each) if isinstance(each, bytes) else each) for each in members]
    return _in_units(column, data_type).isin(members)


def _is_no_member(check: RowCheck, column: Column, data_type: pa.DataType) -> Column:
    return ~_is_member(check, column, data_type)


def _is_outside(check: RowCheck, column: Column, data_type: pa.DataType) -> Column:
    from pyspark.sql import functions as f

    assert not isinstance(check.value, tuple)
    assert check.value is not None
    if pa.types.is_floating(data_type):
        bound = f.lit(float_value(check, check.value, data_type).as_py())
        if pa.types.is_float32(data_type):
            # Spark fails to optimize the comparison of a float with an infinite double.
            bound = bound.cast("float")
        # Spark orders NaN after all other values: https://spark.apache.org/docs/latest/sql-ref-datatypes.html
        return f.isnan(column) | ~_HOLDS[check.rule](column, bound)
    is_lower = check.rule in LOWER_BOUNDS
    scale = data_type.scale if pa.types.is_decimal(data_type) else 0
    last = last_valid(exact_value(check, check.value, data_type) * 10**scale, check.rule)
    lowest, highest = _range(data_type)
    if not lowest <= last <= highest:
        return f.when(column.isNotNull(), f.lit((last > 0) == is_lower))
    bound = f.lit(Decimal(last).scaleb(-scale) if scale else last)
    value = _in_units(column, data_type)
    return value < bound if is_lower else value > bound


def _range(data_type: pa.DataType) -> tuple[int, int]:
    """Lowest and highest value in units of the type."""
    units = units_of(data_type)
    if units is not None:
        return units.lowest, units.highest
    limit = 10**data_type.precision - 1
    return -limit, limit


def _in_units(column: Column, data_type: pa.DataType) -> Column:
    from pyspark.sql import functions as f
    from pyspark.sql.types import TimestampType

    if pa.types.is_date(data_type):
        return f.unix_date(column)
    if pa.types.is_timestamp(data_type):
        return f.unix_micros(column.cast(TimestampType()))
    return column


def _is_mismatch(check: RowCheck, column: Column, _: pa.DataType) -> Column:
    return ~column.rlike(java_pattern(str(check.value)))


def _is_shorter(check: RowCheck, column: Column, _: pa.DataType) -> Column:
    from pyspark.sql import functions as f

    return f.length(column) < f.lit(check.value)


def _is_longer(check: RowCheck, column: Column, _: pa.DataType) -> Column:
    from pyspark.sql import functions as f

    return f.length(column) > f.lit(check.value)


_RULES: Mapping[RowRule, Callable[[RowCheck, Column, pa.DataType], Column]] = {
    RowRule.REQUIRED: _is_null,
    RowRule.NOT_MISSING: _is_member,
    RowRule.ENUM: _is_no_member,
    RowRule.MINIMUM: _is_outside,
    RowRule.EXCLUSIVE_MINIMUM: _is_outside,
    RowRule.MAXIMUM: _is_outside,
    RowRule.EXCLUSIVE_MAXIMUM: _is_outside,
    RowRule.MIN_LENGTH: _is_shorter,
    RowRule.MAX_LENGTH: _is_longer,
    RowRule.PATTERN: _is_mismatch,
}
_HOLDS: Mapping[RowRule, Callable[[Column, Column], Column]] = {
    RowRule.MINIMUM: lambda column, bound: column >= bound,
    RowRule.EXCLUSIVE_MINIMUM: lambda column, bound: column > bound,
    RowRule.MAXIMUM: lambda column, bound: column <= bound,
    RowRule.EXCLUSIVE_MAXIMUM: lambda column, bound: column < bound,
}
