"""Runs SQL in Athena's dialect on Spark: parses and translates a query, with types from Spark's analyzer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from datalake_sdk.errors import QueryFailedError, UnknownColumnError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.spark_engine.spark_internals import analyzed_plan
from datalake_sdk.spark_engine.sql_tables import point_to_tables
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.parameters import statement_text
from datalake_sdk.sql.spark.templates import spark_sql
from datalake_sdk.sql.spark.translate import translate
from datalake_sdk.sql.spark.type_rules import resolve_placeholders
from datalake_sdk.sql.tables import name_columns

if TYPE_CHECKING:
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession

_UNKNOWN_COLUMN = "[UNRESOLVED_COLUMN"
_ATHENA_NAMES = {
    "AMBIGUOUS_REFERENCE": "AMBIGUOUS_NAME",
    "CAST_INVALID_INPUT": "INVALID_CAST_ARGUMENT",
    "DATATYPE_MISMATCH": "TYPE_MISMATCH",
    "DIVIDE_BY_ZERO": "DIVISION_BY_ZERO",
    "FIELD_NOT_FOUND": "COLUMN_NOT_FOUND",
    "INCOMPATIBLE_COLUMN_TYPE": "TYPE_MISMATCH",
    "INVALID_WHERE_CONDITION": "EXPRESSION_NOT_SCALAR",
    "MISSING_AGGREGATION": "EXPRESSION_NOT_AGGREGATE",
    "MISSING_GROUP_BY": "EXPRESSION_NOT_AGGREGATE",
    "NESTED_AGGREGATE_FUNCTION": "NESTED_AGGREGATION",
}
"""Athena's names for error classes of Spark's analyzer."""


def query(
    session: SparkSession,
    platform: Platform,
    statement: str,
    *,
    parameters: Mapping[str, object] | None = None,
    database: str | None = None,
) -> DataFrame:
    """Runs one SELECT in Athena's dialect on Spark.

    Args:
        session: A session with time zone UTC in ANSI mode.
        platform: Platform of the tables.
        statement: Names tables with the stage's prefix, as `dev_sales.orders` or `{database_prefix}sales.orders`.
        parameters: Values of placeholders; see `statement_text`.
        database: Database of tables that are named without one, without the stage's prefix.

    Returns:
        The rows, computed lazily: a query may fail when they are read.

    Raises:
        UnsupportedSparkSqlError: Part of the query has no translation for Spark; the message shows its position.
        DatalakeError: The statement is invalid or not allowed.
    """
    prefix = platform.environment.database_prefix
    statement = statement_text(statement, prefix, parameters)
    tree = parse_query(statement)
    name_columns(tree)
    with reworded_errors():
        point_to_tables(tree, session, platform, statement, database and prefix + database)
        translated = resolve_placeholders(translate(tree, statement), partial(analyzed_plan, session))
        return _without_untyped(session.sql(spark_sql(translated)))


def _without_untyped(rows: DataFrame) -> DataFrame:
    """Casts columns of type void, which contain only nulls, to string."""
    from pyspark.sql.functions import lit
    from pyspark.sql.types import NullType

    untyped = [field.name for field in rows.schema.fields if isinstance(field.dataType, NullType)]
    return rows.withColumns({name: lit(None).cast("string") for name in untyped}) if untyped else rows


@contextmanager
def reworded_errors() -> Iterator[None]:
    """Raises errors of Spark's analyzer as errors of the SDK."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise _reworded(error) from error


def _reworded(error: PySparkException) -> QueryFailedError | UnknownColumnError:
    message, parameters = str(error), error.getMessageParameters() or {}
    if message.startswith(_UNKNOWN_COLUMN):
        near = re.findall(r"`([^`]+)`(?=,|$)", parameters.get("proposal", ""))
        return UnknownColumnError(parameters["objectName"].replace("`", "").split(".")[-1], near)
    return QueryFailedError(_reason(message))


def _reason(message: str) -> str:
    """Returns Spark's message with Athena's error name, without the translated query and its plan."""
    first = re.split(r"\s+(?:SQLSTATE:|== |;line |; line )|\n", message.strip())[0]
    condition = re.match(r"\[(\w+)[\w.]*\] ", first)
    if condition is None:
        return first
    name = _ATHENA_NAMES.get(condition[1])
    reason = first[condition.end() :]
    return f"{name}: {reason}" if name else reason
