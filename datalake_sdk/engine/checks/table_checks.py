"""Evaluates the checks of all rows of a table, with one DuckDB query each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThanOrEqual
from pyiceberg.table import Table

from datalake_sdk.contracts.checks import CheckResult, TableCheck, TableRule
from datalake_sdk.contracts.table_results import result_of_rows, result_of_value
from datalake_sdk.engine.checks.log import MAX_EXAMPLES, RowIdentity
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.engine.checks.table_after import TableAfter
from datalake_sdk.engine.checks.table_queries import query_value
from datalake_sdk.engine.scan import query_rows, relation
from datalake_sdk.errors import CheckEvaluationError, UnknownReferenceError
from datalake_sdk.sql_quotes import literal, quoted
from datalake_sdk.table_contract import ColumnConfiguration, Unit

Reference = Callable[[str, Table], tuple[Table, str]]
"""Finds the table and the column of a foreign key of the given table."""
_TOTAL = "sdk_total"


class TableChecks:
    """Evaluates checks of a table.

    Args:
        declared: Columns of the contract.
        identity: How messages identify a row.
        reference: Finds the table and the column of a foreign key.
    """

    def __init__(
        self, declared: Mapping[str, ColumnConfiguration], identity: RowIdentity, reference: Reference
    ) -> None:
        self._declared = declared
        self._identity = identity
        self._reference = reference

    def result(self, check: TableCheck, after: TableAfter) -> CheckResult:
        """Evaluates a check.

        Args:
            check: The check.
            after: The table after the write.

        Raises:
            UnknownReferenceError: The table or the column of a foreign key does not exist.
            CheckEvaluationError: A query or an expression cannot be evaluated.
        """
        if check.rule is not TableRule.COUNT and not set(check.columns) <= set(after.schema.names):
            return result_of_value(check, 0)
        evaluate = {
            TableRule.UNIQUE: self._duplicates,
            TableRule.FOREIGN_KEY: self._without_reference,
            TableRule.ROW_COUNT: self._row_count,
            TableRule.COUNT: self._count,
            TableRule.QUERY: self._query,
        }
        return evaluate[check.rule](check, after)

    def violating_values(self, check: TableCheck, after: TableAfter) -> pa.Table:
        """Returns the values of the columns of a check in the rows that violate it, each once.

        Args:
            check: A check for unique values or a foreign key.
            after: The table after the write.

        Raises:
            UnknownReferenceError: The table or the column of a foreign key does not exist.
        """
        is_unique = check.rule is TableRule.UNIQUE
        rows, relations = _duplicated(check, after) if is_unique else self._unreferenced(check, after)
        target = pa.schema([after.schema.field(name) for name in check.columns])
        names = ", ".join(map(quoted, check.columns))
        return query_rows(after.table, relations, f"SELECT DISTINCT {names} FROM ({rows})", target).read_all()

    def _duplicates(self, check: TableCheck, after: TableAfter) -> CheckResult:
        scope = after if check.bounds is None else after.with_stored()
        columns = ", ".join(map(quoted, check.columns))
        rows, relations = _duplicated(check, scope)
        query = f"""
            SELECT {columns}, sum(new_count) OVER ()::BIGINT AS {_TOTAL} FROM ({rows})
            ORDER BY {columns} LIMIT {MAX_EXAMPLES}"""
        return self._of_rows(check, scope, self._found(scope, relations, query, list(check.columns)))

    def _without_reference(self, check: TableCheck, after: TableAfter) -> CheckResult:
        shown = [name for name in self._identity.columns(check) if name in after.schema.names]
        rows, relations = self._unreferenced(check, after)
        query = f"""
            SELECT {", ".join(map(quoted, shown))}, count(*) OVER ()::BIGINT AS {_TOTAL} FROM ({rows})
            LIMIT {MAX_EXAMPLES}"""
        return self._of_rows(check, after, self._found(after, relations, query, shown))

    def _unreferenced(self, check: TableCheck, after: TableAfter) -> tuple[str, dict[str, str | pa.Table]]:
        """A query of the new rows without a referenced row, and the relations that it reads."""
        table, column = self._reference(check.value or "", after.table)
        own = quoted(check.columns[0])
        is_self = table.name() == after.table.name()
        check_reference(check, table, column, after.schema.field(check.columns[0]).type)
        query = f"""
            SELECT * FROM new_rows WHERE {own} IS NOT NULL AND NOT EXISTS (
              SELECT 1 FROM referenced_rows AS r WHERE r.{quoted(column)} = new_rows.{own}
            )"""
        others = after.relation([*after.new, *after.stored()]) if is_self else relation(table)
        return query, {"new_rows": after.relation(after.new), "referenced_rows": others}

    def _row_count(self, check: TableCheck, after: TableAfter) -> CheckResult:
        return result_of_value(check, _row_count(after.with_stored()))

    def _count(self, check: TableCheck, after: TableAfter) -> CheckResult:
        scope = after.with_stored()
        row_checks = RowChecks(check.counted, scope.schema, self._declared)
        violations, total = 0, 0
        for rows in scope.new_rows(check.columns):
            total += rows.num_rows
            masks = [mask for _, mask in row_checks.violations(rows)]
            violations += int(sum(masks[1:], masks[0]).astype(bool).sum()) if masks else 0
        return result_of_rows(check, violations, total)

    def _query(self, check: TableCheck, after: TableAfter) -> CheckResult:
        value = query_value(check, after.with_stored())
        if value is None:
            raise CheckEvaluationError(check.name, "the query returns null; it must return one number")
        return result_of_value(check, value)

    def _found(
        self, after: TableAfter, relations: Mapping[str, str | pa.Table], query: str, columns: list[str]
    ) -> pa.Table:
        target = pa.schema([*(after.schema.field(name) for name in columns), pa.field(_TOTAL, pa.int64())])
        return query_rows(after.table, relations, query, target, bounded=True).read_all()

    def _of_rows(self, check: TableCheck, after: TableAfter, found: pa.Table) -> CheckResult:
        violations = found[_TOTAL][0].as_py() if found.num_rows else 0
        examples = self._identity.examples(check, found)
        total = _row_count(after) if check.unit is Unit.PERCENT else 0
        return result_of_rows(check, violations, total, examples)


def _duplicated(check: TableCheck, scope: TableAfter) -> tuple[str, dict[str, str | pa.Table]]:
    """A query of the values of new rows that occur more than once, and the relations that it reads."""
    names = [quoted(column) for column in check.columns]
    columns, range_filter, in_range = ", ".join(names), *_key_range(scope, check)
    query = f"""
        SELECT {columns}, count(*) FILTER (is_new) AS new_count FROM (
          SELECT {columns}, true AS is_new FROM new_rows
          UNION ALL SELECT {columns}, false FROM stored_rows WHERE {in_range}
        ) WHERE {" AND ".join(f"{name} IS NOT NULL" for name in names)}
        GROUP BY ALL HAVING count(*) > 1 AND bool_or(is_new)"""
    return query, {"new_rows": scope.relation(scope.new), "stored_rows": scope.relation(scope.stored(range_filter))}


def _row_count(after: TableAfter) -> int:
    target = pa.schema([("n", pa.int64())])
    rows = query_rows(
        after.table, {"new_rows": after.relation(after.new)}, "SELECT count(*) AS n FROM new_rows", target
    )
    return int(rows.read_all()["n"][0].as_py())


def _key_range(after: TableAfter, check: TableCheck) -> tuple[BooleanExpression, str]:
    """Conditions on stored rows that may have the key of a new row: for whole files, and in DuckDB's SQL."""
    everything = AlwaysTrue(), "true"
    column = after.schema.field(check.columns[0])
    has_range = any(kind(column.type) for kind in (pa.types.is_integer, pa.types.is_string, pa.types.is_temporal))
    if not has_range or not after.is_stored(column.name):
        return everything
    name = quoted(column.name)
    target = pa.schema([pa.field("low", column.type), pa.field("high", column.type)])
    query = f"SELECT min({name}) AS low, max({name}) AS high FROM new_rows"
    bounds = query_rows(after.table, {"new_rows": after.relation(after.new)}, query, target).read_all()
    low, high = bounds["low"][0].as_py(), bounds["high"][0].as_py()
    if low is None:
        return everything
    within: Any = And(GreaterThanOrEqual(column.name, low), LessThanOrEqual(column.name, high))  # type: ignore[call-arg]
    return within, f"{name} BETWEEN {_literal(bounds['low'][0])} AND {_literal(bounds['high'][0])}"


def _literal(value: pa.Scalar) -> str:
    text = str(value.as_py()) if not pa.types.is_timestamp(value.type) else pc.cast(value, pa.string()).as_py()
    return text if pa.types.is_integer(value.type) else literal(text)


def check_reference(check: TableCheck, table: Table, column: str, column_type: pa.DataType) -> None:
    """Checks that a foreign key can be compared with the column that it refers to.

    Raises:
        UnknownReferenceError: The column does not exist.
        CheckEvaluationError: The types differ in kind.
    """
    from datalake_sdk.engine.scan import arrow_columns

    names = [field.name for field in table.schema().fields]
    if column not in names:
        raise UnknownReferenceError(check.value or "", "column", names)
    referenced = arrow_columns(table.schema(), [column]).field(0).type
    kinds = [pa.types.is_integer, pa.types.is_string, pa.types.is_decimal, pa.types.is_temporal, pa.types.is_floating]
    if referenced != column_type and not any(kind(referenced) and kind(column_type) for kind in kinds):
        raise CheckEvaluationError(check.name, f"'{check.column}' is {column_type}, {check.value} is {referenced}")
