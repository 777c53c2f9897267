"""Runs queries on Athena: results are unloaded to Parquet; sorted results are read from Athena's CSV file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pyarrow as pa

from datalake_sdk.errors import UnsortableResultError
from datalake_sdk.platforms.aws.athena_results import csv_rows, remove, unloaded_rows
from datalake_sdk.platforms.aws.athena_runs import AthenaRuns, Wrapped, total
from datalake_sdk.platforms.aws.athena_text import query_text
from datalake_sdk.platforms.aws.athena_types import AthenaType, is_nested, parse_type
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.base import Relation, StatisticsReport, TableReference
from datalake_sdk.settings import Environment


class AthenaSql:
    """Runs queries in the workgroup of the environment or of a consumer group.

    Args:
        session: Account and region.
        environment: Its settings determine the workgroup.
        catalog: Catalog of the tables; None is Glue's default catalog.
    """

    def __init__(self, session: AwsSession, environment: Environment, catalog: str | None = None) -> None:
        self._session = session
        self._environment = environment
        self._catalog = catalog

    def query(
        self,
        statement: str,
        relation: Callable[[TableReference], Relation],
        report: StatisticsReport | None = None,
        database: str | None = None,
    ) -> pa.RecordBatchReader:
        text = query_text(statement, database)
        # UNLOAD does not keep the order of rows across its files.
        # https://docs.aws.amazon.com/athena/latest/ug/unload.html
        runs = AthenaRuns(self._session, self._environment.workgroup, database, self._catalog)
        query = _Query(self._session, self._environment, runs)
        try:
            return query.sorted(text.sql) if text.is_sorted else query.unloaded(text.sql)
        finally:
            if report is not None and runs.ended:
                report(total(runs.ended))


@dataclass(frozen=True)
class _Query:
    """Fetches the rows of one query."""

    session: AwsSession
    environment: Environment
    runs: AthenaRuns

    def sorted(self, sql: str) -> pa.RecordBatchReader:
        run = self.runs.run(Wrapped(sql, sql))
        page = self.runs.first_page(run)
        columns = page["ResultSetMetadata"]["ColumnInfo"]
        nested = [column["Name"] for column in columns if is_nested(column["Type"])]
        if nested:
            raise UnsortableResultError(nested)
        names, types = _names(columns), [_simple_type(column) for column in columns]
        if len(page["Rows"]) < 2:
            return _schema(names, types).empty_table().to_reader()
        return csv_rows(self.session, run.output, names, types)

    def unloaded(self, sql: str) -> pa.RecordBatchReader:
        names, types = self._plan(sql)
        location = f"s3://{self.environment.technical_bucket}/{self.environment.unload_folder}/{uuid4()}/"
        columns = ", ".join(f"{found.expression(f'c{index}')} AS c{index}" for index, found in enumerate(types))
        inner = ", ".join(f"c{index}" for index, _ in enumerate(types))
        unload = Wrapped(
            f"UNLOAD (SELECT {columns} FROM (\n{sql}\n) AS result ({inner})) TO '{location}' "
            "WITH (format = 'PARQUET', compression = 'SNAPPY')",
            sql,
            lines_before=1,
        )
        try:
            self.runs.run(unload)
        except BaseException:
            # Athena keeps the files of a failed UNLOAD.
            remove(self.session, location.removeprefix("s3://").rstrip("/"))
            raise
        return unloaded_rows(self.session, location, _schema(names, types))

    def _plan(self, sql: str) -> tuple[list[str], list[AthenaType]]:
        """Returns a query's columns, without reading rows: UNLOAD writes no file for an empty result."""
        run = self.runs.run(Wrapped(f"SELECT * FROM (\n{sql}\n) LIMIT 0", sql, lines_before=1))
        columns = self.runs.columns(run)
        if not any(is_nested(column["Type"]) for column in columns):
            return _names(columns), [_simple_type(column) for column in columns]
        inner = [f"c{index}" for index, _ in enumerate(columns)]
        asked = ", ".join(f"typeof(q.{column})" for column in inner)
        typed = self.runs.run(
            Wrapped(
                f"SELECT {asked} FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM (\n{sql}\n) LIMIT 0) "
                f"AS q ({', '.join(inner)}) ON true",
                sql,
                lines_before=1,
            )
        )
        row = self.runs.first_page(typed)["Rows"][1]["Data"]
        return _names(columns), [parse_type(cell["VarCharValue"]) for cell in row]


def _names(columns: Sequence[dict[str, Any]]) -> list[str]:
    return [column["Name"] for column in columns]


def _simple_type(column: dict[str, Any]) -> AthenaType:
    if column["Type"] == "decimal":
        return parse_type(f"decimal({column['Precision']},{column['Scale']})")
    return parse_type(column["Type"])


def _schema(names: Sequence[str], types: Sequence[AthenaType]) -> pa.Schema:
    return pa.schema([pa.field(name, found.arrow) for name, found in zip(names, types, strict=True)])
