"""Checks a batch with Spark: one aggregation counts the violations of all row checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import pyarrow as pa

from datalake_sdk.contracts.checks import RowCheck, RowRule
from datalake_sdk.engine.checks.contract import AppliedContract
from datalake_sdk.engine.checks.log import MAX_EXAMPLES, CheckLog
from datalake_sdk.engine.checks.row_checks import with_declared
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.rows import RejectedRows
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.errors import CheckEvaluationError, SparkJobError
from datalake_sdk.spark_engine.failures import spark_errors
from datalake_sdk.spark_engine.input_types import spark_schema
from datalake_sdk.spark_engine.row_checks import is_violated
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from datalake_sdk.table_contract import OnViolation

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Observation
    from pyspark.sql.types import DataType

OBSERVED = "violations"
_VIOLATED = "violated checks"
"""Contains a space, unlike any stored column name."""


@dataclass(frozen=True)
class BatchChecks:
    """Row checks of a contract, translated for rows in the types of a table.

    Args:
        contract: Contract that applies to the write.
        schema: Columns of the table, with their types in data files.
        absent: Types of the columns that checks read and the table does not have; they count as null.
        violated: Whether a row violates a check, never null, by check.
    """

    contract: AppliedContract
    schema: pa.Schema
    absent: Mapping[str, DataType]
    violated: Mapping[RowCheck, Column]

    @property
    def expressions(self) -> list[RowCheck]:
        """Checks whose evaluation can fail, so that jobs of their own evaluate them."""
        return [check for check in self.violated if check.rule is RowRule.EXPRESSION]

    def observed(self, rows: DataFrame) -> tuple[DataFrame, Observation]:
        """Returns rows for which the job that writes them counts violations, except for those of expressions.

        The count is an upper bound: Spark may repeat a part of the job. Without violations, it is 0.
        """
        from pyspark.sql import Observation
        from pyspark.sql import functions as f

        observation = Observation()
        is_violated = reduce(or_, (self.violated[check] for check in self._plain), f.lit(False))
        counted = self.complete(rows).observe(observation, f.count_if(is_violated).alias(OBSERVED))
        return counted.select(*rows.columns), observation

    def log_violations(
        self, rows: DataFrame, log: CheckLog, *, in_attempt: bool = False, only_expressions: bool = False
    ) -> bool:
        """Counts the rows that violate each check, with examples.

        Args:
            rows: Rows that are the same each time they are read.
            log: Receives the counts.
            in_attempt: Whether the rows depend on the base snapshot of a commit attempt.
            only_expressions: Whether all other checks are known to hold.

        Returns:
            Whether there are rows to quarantine.

        Raises:
            CheckEvaluationError: An expression fails for a row, for example because of a division by zero.
        """
        if not self.violated:
            return False
        found = {} if only_expressions else self._counted(rows, self._plain)
        found |= self._counted_expressions(rows)
        for check, count in found.items():
            log.add(check, count, self._examples(rows, check), in_attempt=in_attempt)
        return any(check.on_violation is OnViolation.QUARANTINE for check in found)

    def valid(self, rows: DataFrame) -> DataFrame:
        """Returns the rows that are not to be quarantined."""
        return self.complete(rows).where(~self._is_rejected).select(*rows.columns)

    def rejected(self, rows: DataFrame) -> DataFrame:
        """Returns the rows to quarantine."""
        return self.complete(rows).where(self._is_rejected).select(*rows.columns)

    def described(self, rejected: DataFrame) -> RejectedRows:
        """Reads rows to quarantine, and what they violate, into the memory of the driver."""
        from pyspark.sql import functions as f

        checks = self._to_quarantine()
        names = f.array_compact(f.array(*(f.when(is_bad, check.name) for check, is_bad in checks.items())))
        columns = [f.col(f"`{name}`") for name in self.schema.names]
        found = arrow_rows(self.complete(rejected).select(*columns, names.alias(_VIOLATED)))
        violated = found[_VIOLATED].to_pylist()
        requirements = {check.name: check.requirement for check in checks}
        reasons = ["; ".join(requirements[name] for name in each) for each in violated]
        return RejectedRows(found.select(self.schema.names).cast(self.schema), violated, reasons)

    @property
    def _is_rejected(self) -> Column:
        from pyspark.sql import functions as f

        return reduce(or_, self._to_quarantine().values(), f.lit(False))

    def _to_quarantine(self) -> dict[RowCheck, Column]:
        found = self.violated.items()
        return {check: column for check, column in found if check.on_violation is OnViolation.QUARANTINE}

    def complete(self, rows: DataFrame) -> DataFrame:
        """Adds the columns that checks read and the table does not have."""
        from pyspark.sql import functions as f

        return rows.withColumns({name: f.lit(None).cast(kind) for name, kind in self.absent.items()})

    @property
    def _plain(self) -> list[RowCheck]:
        return [check for check in self.violated if check.rule is not RowRule.EXPRESSION]

    def _counted_expressions(self, rows: DataFrame) -> dict[RowCheck, int]:
        if not self.expressions:
            return {}
        try:
            with spark_errors(""):
                return self._counted(rows, self.expressions)
        except SparkJobError as error:
            raise CheckEvaluationError(", ".join(check.name for check in self.expressions), error.reason) from error

    def _counted(self, rows: DataFrame, checks: Sequence[RowCheck]) -> dict[RowCheck, int]:
        from pyspark.sql import functions as f

        counts = [f.count_if(self.violated[check]) for check in checks]
        (row,) = self.complete(rows).agg(f.count("*"), *counts).collect()
        return {check: count for check, count in zip(checks, row[1:], strict=True) if count}

    def _examples(self, rows: DataFrame, check: RowCheck) -> list[str]:
        identity = self.contract.identity
        names = [name for name in identity.columns(check) if name in rows.columns]
        found = self.complete(rows).where(self.violated[check]).select(*(f"`{name}`" for name in names))
        return identity.examples(check, arrow_rows(found.limit(MAX_EXAMPLES)))


def batch_checks(plan: WritePlan, checks: Collection[RowCheck], table: DataFrame) -> BatchChecks:
    """Translates row checks.

    Args:
        plan: Plan of the write, whose contract has the checks.
        checks: Row checks to evaluate.
        table: A DataFrame with the columns of the table.

    Raises:
        CheckTypeError: A check does not apply to the type of its column.
        CheckEvaluationError: Spark cannot evaluate an expression on the columns.
    """
    from pyspark.sql import functions as f

    contract, schema = plan.contract, write_schema(plan.transaction.schema)
    complete = with_declared(schema, checks, contract.contract.columns)
    added = spark_schema(pa.schema([field for field in complete if field.name not in schema.names]))
    absent = {field.name: field.dataType for field in added.fields}
    template = table.withColumns({name: f.lit(None).cast(kind) for name, kind in absent.items()})
    violated = {}
    for check in checks:
        if set(check.columns) <= set(complete.names):
            violated[check] = is_violated(check, template, complete)
        elif check.rule in (RowRule.REQUIRED, RowRule.NOT_MISSING):
            violated[check] = f.lit(True)
    return BatchChecks(contract, schema, absent, violated)


def quarantine(staging: StagingArea) -> QuarantineBuffer:
    """The buffer for rejected rows of a write."""
    assert staging.quarantine is not None
    return staging.quarantine
