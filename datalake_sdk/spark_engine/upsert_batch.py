"""The batch of an upsert in Spark: the rows to store, the keys to delete, and the last row of each key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalake_sdk.engine.keys import MAX_EXAMPLES, format_key
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.errors import AmbiguousDuplicatesError
from datalake_sdk.spark_engine.conform import conformed, conformed_columns, position_name

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

IS_DELETED = "is deleted"
GIVEN = "given row"
_CONTENT, _CONTENTS, _POSITION = "content of the row", "contents of the key", "position in the key"
"""Contain spaces, unlike any stored column name."""
_EXACT = {
    "ignoreNullFields": "false",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
"""Options of `to_json`, whose default is milliseconds:
https://spark.apache.org/docs/latest/sql-data-sources-json.html#data-source-option"""


@dataclass(frozen=True)
class UpsertBatch:
    """Rows of an upsert.

    Args:
        rows: Columns in the order of the input, named by their position.
        flag: Position of the column that flags deletions.
    """

    rows: DataFrame
    flag: int | None

    def stored(self, plan: WritePlan, table: StructType) -> DataFrame:
        """Projects the rows to insert or update to the columns of a table; those that the batch lacks are null."""
        return conformed(self.to_store(), plan.schema, table)

    def deleted_keys(self, plan: WritePlan, table: StructType) -> DataFrame | None:
        """Returns the keys to delete; None if no row can flag a deletion."""
        if self.flag is None:
            return None
        return conformed(self.to_delete(), plan.schema, table, complete=False).select(*plan.key_columns)

    def keys(self, plan: WritePlan, table: StructType) -> DataFrame:
        """Returns the keys of all rows."""
        return conformed(self.rows, plan.schema, table, complete=False).select(*plan.key_columns)

    def to_store(self) -> DataFrame:
        """Returns the rows to insert or update, as given."""
        return self.rows if self.flag is None else self.rows.where(~_is_flagged(self.flag))

    def to_delete(self) -> DataFrame:
        """Returns the rows that flag deletions, as given."""
        return self.rows.limit(0) if self.flag is None else self.rows.where(_is_flagged(self.flag))


def with_given(rows: DataFrame, plan: WritePlan, table: StructType) -> DataFrame:
    """Projects rows to the columns of a table, next to a struct with the rows as given.

    Args:
        rows: Columns in the order of the input, named by their position.
        plan: Plan of the write.
        table: Columns of the table, as Spark reads them; those that the rows lack are null.
    """
    from pyspark.sql import functions as f

    types = [field.dataType for field in rows.schema.fields]
    columns = conformed_columns(types, plan.schema, table)
    return rows.select(f.struct(*rows.columns).alias(GIVEN), *columns)


def given_batch(rows: DataFrame, plan: WritePlan) -> UpsertBatch:
    """Returns the rows of an upsert.

    Args:
        rows: Columns in the order of the input, under any names.
        plan: Plan of the write.
    """
    return UpsertBatch(rows.toDF(*map(position_name, range(len(rows.columns)))), plan.upsert.flag)


def with_last_rows(table: str, batch: UpsertBatch, plan: WritePlan, stored: StructType) -> UpsertBatch:
    """Returns the last row of each key.

    Args:
        table: Table name for messages.
        batch: Rows whose keys are not null.
        plan: Plan of the write, with a column that decides which row is the last one.
        stored: Columns of the table, as Spark reads them.

    Raises:
        AmbiguousDuplicatesError: Different rows of a key are equally the last one.
    """
    return UpsertBatch(_last_rows(table, batch.rows, plan, stored, plan.upsert.order_by or ""), batch.flag)


def _last_rows(table: str, rows: DataFrame, plan: WritePlan, stored: StructType, order_by: str) -> DataFrame:
    """Keeps the row with the greatest order of each key; null and NaN are less than any value.

    Rows are compared as they are stored: the strings `1` and `01` are the same key of a `long` column.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    given = [field.dataType for field in rows.schema.fields]
    content = f.struct(*conformed_columns(given, plan.schema, stored, complete=False))
    keys = {_key_name(number): f.col(_CONTENT)[key] for number, key in enumerate(plan.key_columns)}
    window = Window.partitionBy(*keys).orderBy(_order(stored, order_by).desc_nulls_last())
    compared = rows.withColumn(_CONTENT, content).withColumns(keys).withColumn(_POSITION, f.rank().over(window))
    last = compared.where(f.col(_POSITION) == 1)
    _check_ties(table, last, list(keys), plan)
    return last.dropDuplicates(list(keys)).select(*rows.columns)


def _order(stored: StructType, name: str) -> Column:
    from pyspark.sql import functions as f
    from pyspark.sql import types as spark

    order = f.col(_CONTENT)[name]
    if isinstance(stored[name].dataType, spark.FloatType | spark.DoubleType):
        return f.when(~f.isnan(order), order)
    return order


def _check_ties(table: str, last: DataFrame, keys: Sequence[str], plan: WritePlan) -> None:
    from pyspark.sql import functions as f

    content = f.to_json(_CONTENT, _EXACT)
    if plan.upsert.flag is not None:
        content = f.when(_is_flagged(plan.upsert.flag), f.lit("deleted")).otherwise(content)
    contents = last.select(*keys, content.alias(_CONTENT)).groupBy(*keys)
    ambiguous = contents.agg(f.count_distinct(_CONTENT).alias(_CONTENTS)).where(f.col(_CONTENTS) > 1)
    examples = ambiguous.select(*keys).orderBy(*keys).limit(MAX_EXAMPLES).collect()
    if examples:
        shown = [format_key(plan.key_columns, row) for row in examples]
        order_by = plan.upsert.order_by or ""
        raise AmbiguousDuplicatesError(table, plan.key_columns, order_by, ambiguous.count(), shown)


def _is_flagged(position: int) -> Column:
    from pyspark.sql import functions as f

    return f.coalesce(f.col(position_name(position)).cast("boolean"), f.lit(False))


def _key_name(number: int) -> str:
    return f"key {number}"
