"""Evaluates the row checks of a contract on rows in the types of the data files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from datalake_sdk.contracts.checks import RowCheck, RowRule
from datalake_sdk.engine.checks.expressions import translated_expressions
from datalake_sdk.engine.checks.row_rules import column_check, violations
from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.table_contract import ColumnConfiguration


class RowChecks:
    """Row checks, prepared for a schema; can be used by several threads.

    A column that the rows do not have counts as null.

    Args:
        checks: The checks.
        schema: Schema of the rows.
        declared: Columns of the contract; their types are those of the columns that the rows do not have.

    Raises:
        CheckTypeError: A check does not apply to the type of its column.
        CheckEvaluationError: An expression cannot be evaluated on the columns.
    """

    def __init__(
        self, checks: Sequence[RowCheck], schema: pa.Schema, declared: Mapping[str, ColumnConfiguration]
    ) -> None:
        complete = with_declared(schema, checks, declared)
        self._absent = [field for field in complete if field.name not in schema.names]
        known = [check for check in checks if set(check.columns) <= set(complete.names)]
        self._missing = [
            check for check in checks if check not in known and check.rule in (RowRule.REQUIRED, RowRule.NOT_MISSING)
        ]
        plain = [check for check in known if check.rule is not RowRule.EXPRESSION]
        self._by_column = {
            name: [column_check(check, complete.field(name).type) for check in plain if check.columns == (name,)]
            for name in dict.fromkeys(check.columns[0] for check in plain)
        }
        expressions = [check for check in known if check.rule is RowRule.EXPRESSION]
        self._expressions = translated_expressions(expressions, complete)

    def violations(self, rows: pa.Table) -> list[tuple[RowCheck, np.ndarray]]:
        """Returns the violated checks, each with a mask of the violating rows."""
        if not rows.num_rows:
            return []
        complete = rows
        for field in self._absent:
            complete = complete.append_column(field, pa.nulls(rows.num_rows, field.type))
        found: list[tuple[RowCheck, pa.Array]] = []
        for name, checks in self._by_column.items():
            found += violations(checks, _one_chunk(complete[name]))
        found += self._expressions.violations(complete)
        masks = [(check, mask.to_numpy(zero_copy_only=False)) for check, mask in _one_chunks(found)]
        return [*masks, *((check, np.ones(rows.num_rows, dtype=bool)) for check in self._missing)]


def with_declared(
    schema: pa.Schema, checks: Iterable[RowCheck], declared: Mapping[str, ColumnConfiguration]
) -> pa.Schema:
    """Adds the declared columns that checks read and a schema does not have."""
    for column in dict.fromkeys(column for check in checks for column in check.columns):
        data_type = declared[column].type if column in declared else None
        if column not in schema.names and data_type is not None:
            schema = schema.append(pa.field(column, arrow_type(declared_type(column, data_type))))
    return schema


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _one_chunks(found: Iterable[tuple[RowCheck, pa.Array]]) -> Iterable[tuple[RowCheck, pa.Array]]:
    return ((check, _one_chunk(mask) if isinstance(mask, pa.ChunkedArray) else mask) for check, mask in found)
