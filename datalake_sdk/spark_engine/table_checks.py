"""Evaluates the checks of all rows of a table with Spark, on the table as a write leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import and_, or_
from typing import TYPE_CHECKING
from uuid import uuid4

from pyiceberg.catalog import Catalog

from datalake_sdk.contracts.checks import CheckResult, TableCheck, TableRule
from datalake_sdk.contracts.statements import table_query
from datalake_sdk.contracts.table_results import result_of_rows, result_of_value
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.checks.audit import reference
from datalake_sdk.engine.checks.log import MAX_EXAMPLES
from datalake_sdk.engine.checks.table_checks import Reference, check_reference
from datalake_sdk.engine.iceberg_internals import remove_uncommitted_manifests
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.engine.write_transaction import Target, open_transaction
from datalake_sdk.errors import CheckEvaluationError, DatalakeError
from datalake_sdk.spark_engine.batch_checks import batch_checks
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.spark_internals import analyzed_plan, arrow_rows
from datalake_sdk.spark_engine.sql import reworded_errors
from datalake_sdk.spark_engine.staged_table import staged_table
from datalake_sdk.sql.spark.templates import spark_sql
from datalake_sdk.sql.spark.translate import translate
from datalake_sdk.sql.spark.type_rules import resolve_placeholders

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS, _NEW_ROWS = "rows of the table", "new rows"
"""Contain a space, unlike any stored column name."""


@contextmanager
def rows_after(
    session: SparkSession, catalog: Catalog, target: Target, plan: WritePlan, changes: Changes
) -> Iterator[DataFrame]:
    """Makes the rows of a table after a write visible to Spark, before its commit.

    Args:
        session: Spark session.
        catalog: Catalog of the table.
        target: Table to write, and how.
        plan: Plan of the write.
        changes: Files that the write adds and removes.
    """
    # The base of a write that rewrites columns already has their new types.
    schema = replace(plan.schema, changes=()) if plan.schema.rewritten else plan.schema
    transaction = open_transaction(catalog, plan.base, target, schema)
    snapshot = transaction.stage_snapshot(changes.added, changes.removed, {})
    staged = replace(transaction, metadata=transaction.iceberg_transaction.table_metadata)
    try:
        with staged_table(session, staged) as table:
            yield table.rows()
    finally:
        remove_uncommitted_manifests(snapshot.producer)


@dataclass(frozen=True)
class TableEvaluation:
    """Evaluates the table checks of a write.

    Args:
        session: Spark session.
        catalog: Catalog of the table, and of the tables that foreign keys refer to.
        target: Table to write, and how.
    """

    session: SparkSession
    catalog: Catalog
    target: Target

    def results(
        self, plan: WritePlan, changes: Changes, new_rows: Callable[[DataFrame], DataFrame]
    ) -> list[CheckResult]:
        """Evaluates the checks of a contract.

        Args:
            plan: Plan of the commit attempt.
            changes: Files that the write adds and removes.
            new_rows: Selects the rows that the write adds or changes from all rows after the write.

        Raises:
            UnknownReferenceError: The table or the column of a foreign key does not exist.
            CheckEvaluationError: A query or an expression cannot be evaluated.
        """
        checks = plan.contract.checks.table
        if not checks:
            return []
        with rows_after(self.session, self.catalog, self.target, plan, changes) as rows:
            find = partial(reference, self.catalog, self.target)
            evaluation = _SparkTableChecks(plan, new_rows(rows), rows, find)
            return [evaluation.result(check) for check in checks]


@dataclass(frozen=True)
class _SparkTableChecks:
    """Evaluates checks of a table.

    Args:
        plan: Plan of the write.
        new: Rows that the write adds or changes.
        rows: All rows after the write.
        reference: Finds the table and the column of a foreign key.
    """

    plan: WritePlan
    new: DataFrame
    rows: DataFrame
    reference: Reference

    def result(self, check: TableCheck) -> CheckResult:
        """Evaluates a check.

        Raises:
            UnknownReferenceError: The table or the column of a foreign key does not exist.
            CheckEvaluationError: A query or an expression cannot be evaluated.
        """
        if check.rule is not TableRule.COUNT and not set(check.columns) <= set(self.rows.columns):
            return result_of_value(check, 0)
        evaluate: Mapping[TableRule, Callable[[TableCheck], CheckResult]] = {
            TableRule.UNIQUE: self._duplicates,
            TableRule.FOREIGN_KEY: self._without_reference,
            TableRule.ROW_COUNT: lambda check: result_of_value(check, self.rows.count()),
            TableRule.COUNT: self._count,
            TableRule.QUERY: self._query,
        }
        return evaluate[check.rule](check)

    def _duplicates(self, check: TableCheck) -> CheckResult:
        from pyspark.sql import functions as f

        columns = list(check.columns)
        are_known = reduce(and_, (f.col(f"`{column}`").isNotNull() for column in columns))
        new = (self.new if check.bounds is None else self.rows).where(are_known)
        counts = new.groupBy(*columns).agg(f.count("*").alias(_NEW_ROWS))
        stored = self.rows.join(counts, columns, "left_semi").groupBy(*columns).agg(f.count("*").alias(_ROWS))
        repeated = counts.join(stored.where(f.col(_ROWS) > 1), columns)
        violations = repeated.agg(f.sum(_NEW_ROWS)).collect()[0][0] or 0
        shown = repeated.select(*columns).orderBy(*columns) if violations else None
        return self._of_rows(check, violations, shown)

    def _without_reference(self, check: TableCheck) -> CheckResult:
        from pyspark.sql import functions as f

        table, column = self.reference(check.value or "", self.plan.transaction.table)
        own_type = write_schema(self.plan.transaction.schema).field(check.columns[0]).type
        check_reference(check, table, column, own_type)
        own, given = check.columns[0], self.new.where(f.col(f"`{check.columns[0]}`").isNotNull())
        is_self = table.name() == tuple(self.plan.transaction.table.name())
        database, name = table.name()[-2:]
        referenced = self.rows if is_self else self.new.sparkSession.table(f"{CATALOG}.`{database}`.`{name}`")
        keys = referenced.select(f.col(f"`{column}`").alias(_ROWS))
        missing = given.join(keys, given[own] == keys[_ROWS], "left_anti")
        violations = missing.count()
        return self._of_rows(check, violations, missing if violations else None)

    def _count(self, check: TableCheck) -> CheckResult:
        from pyspark.sql import functions as f

        checks = batch_checks(self.plan, check.counted, self.rows)
        is_violated = reduce(or_, checks.violated.values(), f.lit(False))
        total, violations = checks.complete(self.rows).agg(f.count("*"), f.count_if(is_violated)).collect()[0]
        return result_of_rows(check, violations, total, ())

    def _query(self, check: TableCheck) -> CheckResult:
        try:
            value = self._value(check)
        except DatalakeError as error:
            raise CheckEvaluationError(check.name, error.message) from error
        if value is None:
            raise CheckEvaluationError(check.name, "the query returns null; it must return one number")
        return result_of_value(check, value)

    def _value(self, check: TableCheck) -> float | None:
        from sqlglot import exp

        from datalake_sdk.sql.tables import lake_tables, name_columns

        session, view = self.rows.sparkSession, f"datalake_sdk_rows_{uuid4().hex}"
        statement, tree = table_query(check.value or "", check.column)
        name_columns(tree)
        for table in lake_tables(tree, ""):
            table.set("db", None)
            table.set("this", exp.to_identifier(view, quoted=True))
        self.rows.createOrReplaceTempView(view)
        try:
            with reworded_errors():
                translated = resolve_placeholders(translate(tree, statement), partial(analyzed_plan, session))
                row = session.sql(spark_sql(translated)).first()
        finally:
            session.catalog.dropTempView(view)
        return None if row is None or row[0] is None else float(row[0])

    def _of_rows(self, check: TableCheck, violations: int, shown: DataFrame | None) -> CheckResult:
        identity = self.plan.contract.identity
        examples: list[str] = []
        if shown is not None:
            names = [name for name in identity.columns(check) if name in shown.columns]
            examples = identity.examples(check, arrow_rows(shown.select(*names).limit(MAX_EXAMPLES)))
        total = self.rows.count() if check.bounds is not None else 0
        return result_of_rows(check, violations, total, examples)
