"""Checks the results of SQL tasks against the contracts of their output tables, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from datalake_sdk.errors import DatalakeError, TaskContractError, UnknownResultTypesError
from datalake_sdk.operations.task_code import CODE_FOLDER
from datalake_sdk.pipelines.definition import SQL, Pipeline, Task
from datalake_sdk.settings import IngestionMode, TableName
from datalake_sdk.table_contract import Evolution, OnViolation, TableConfiguration

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.types import IcebergType

    from datalake_sdk.platforms.base import TableReference

StoredColumns: TypeAlias = "Callable[[TableName], pa.Schema | None]"
"""Returns the columns of a table; None if it does not exist."""
_FOLDER = CODE_FOLDER / "tables_configuration"


def check_result_types(
    pipeline: Pipeline, order: Sequence[str], stored_columns: StoredColumns | None = None
) -> list[str]:
    """Binds the query of each SQL task to empty tables and compares its columns with the contract of its output.

    The columns of an input are those of the table, of the query of an earlier task, or of a table file that declares
    all types. Tasks with an input of unknown columns are not checked.

    Args:
        pipeline: The pipeline.
        order: Names of its tasks, in the order in which they run.
        stored_columns: Returns the columns of a table of the lake; None knows no table.

    Returns:
        Warnings: columns whose values decide whether they are accepted, and tasks that were not checked.

    Raises:
        TaskContractError: A result cannot satisfy a contract.
    """
    contracts = {name: _contracts(pipeline, task) for name, task in pipeline.tasks.items()}
    if not any(contracts[name] for name in order if pipeline.tasks[name].type == SQL):
        return []
    declared = {table: contract for found in contracts.values() for table, contract in found.items()}
    known = _KnownColumns(declared, stored_columns)
    warnings: list[str] = []
    for name in order:
        task = pipeline.tasks[name]
        if task.type != SQL:
            continue
        try:
            result = known.result(pipeline, task)
        except DatalakeError as error:
            result = None
            if contracts[name]:
                reason = error.message.splitlines()[0]
                warnings.append(f"tasks.{name}: the types of its result are not checked: {reason}")
        for table, contract in contracts[name].items() if result is not None else ():
            warnings += _checked(task, table, contract, result)
    return warnings


def _contracts(pipeline: Pipeline, task: Task) -> dict[str, TableConfiguration]:
    from datalake_sdk.operations.tables_configuration import load_table_configuration

    folder = pipeline.task_folder(task) / _FOLDER
    names = filter(_is_table, task.output_tables)
    found = {name: load_table_configuration(TableName.parse(name), folder) for name in names}
    return {table: contract for table, contract in found.items() if contract.columns}


def _is_table(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


class _KnownColumns:
    """Columns of tables, as far as they are known before a run."""

    def __init__(self, contracts: Mapping[str, TableConfiguration], stored: StoredColumns | None) -> None:
        self._contracts = contracts
        self._stored = stored
        self._results: dict[str, pa.Schema] = {}

    def result(self, pipeline: Pipeline, task: Task) -> pa.Schema:
        """The columns of the result of a task, with their names in the table.

        Raises:
            DatalakeError: They are unknown, or the query does not bind.
        """
        import pyarrow as pa

        from datalake_sdk.naming import normalized_column_name
        from datalake_sdk.operations.planned_sql import planned_statement
        from datalake_sdk.platforms.select import query_columns

        statement = planned_statement(pipeline, task)
        if not statement.is_complete:
            raise UnknownResultTypesError("its parameters are computed by the run")
        found = query_columns(statement.text, self._columns, pipeline.name)
        result = pa.schema([field.with_name(normalized_column_name(field.name) or field.name) for field in found])
        for table in task.output_tables:
            self._results[table] = result
        return result

    def _columns(self, reference: TableReference) -> pa.Schema:
        name = f"{reference.database}.{reference.table}"
        stored = self._stored(TableName.parse(name)) if self._stored else None
        columns = stored if stored is not None else self._results.get(name, self._declared(name))
        if columns is None or reference.metadata is not None:
            raise UnknownResultTypesError(f"the columns of {name} are unknown")
        return columns

    def _declared(self, table: str) -> pa.Schema | None:
        from datalake_sdk.engine.table_definitions import declared_columns

        contract = self._contracts.get(table)
        if contract is None or not all(column.type for column in contract.columns.values()):
            return None
        return declared_columns(contract)


def _checked(task: Task, table: str, contract: TableConfiguration, result: pa.Schema) -> list[str]:
    problems = [*_incompatible(contract, result), *_missing(task, table, contract, result), *_added(contract, result)]
    if problems:
        raise TaskContractError(task.name, table, problems)
    return [f"tasks.{task.name}, {table}: {warning}" for warning in _by_value(contract, result)]


def _types(contract: TableConfiguration, result: pa.Schema) -> Iterator[tuple[str, IcebergType, IcebergType]]:
    """Name, declared type and given type of each column that has both."""
    from datalake_sdk.engine.declared_types import declared_type
    from datalake_sdk.engine.types import iceberg_type

    for name, column in contract.columns.items():
        if column.type and name in result.names:
            yield name, declared_type(name, column.type), iceberg_type("", name, result.field(name).type)


def _incompatible(contract: TableConfiguration, result: pa.Schema) -> Iterator[str]:
    from datalake_sdk.engine.types import format_type, is_convertible

    for name, declared, given in _types(contract, result):
        if not is_convertible(given, declared):
            yield f"column '{name}' is {format_type(given)}, the contract declares {format_type(declared)}"


def _by_value(contract: TableConfiguration, result: pa.Schema) -> Iterator[str]:
    from datalake_sdk.engine.types import format_type, merged_type

    for name, declared, given in _types(contract, result):
        if merged_type(declared, given) != declared:
            yield (
                f"column '{name}' is {format_type(given)}, the contract declares {format_type(declared)}: "
                f"a value that it cannot represent exactly is rejected"
            )


def _missing(task: Task, table: str, contract: TableConfiguration, result: pa.Schema) -> Iterator[str]:
    if task.output_tables[table].ingestion_mode == IngestionMode.UPSERT:
        return
    for name, column in contract.columns.items():
        fails = (column.on_violation or contract.on_violation) is OnViolation.FAIL
        if fails and (column.required or column.primary_key) and name not in result.names:
            yield f"column '{name}' is required by the contract and missing in the query"


def _added(contract: TableConfiguration, result: pa.Schema) -> Iterator[str]:
    if contract.evolution is Evolution.FREEZE:
        for name in result.names:
            if name not in contract.columns:
                yield f"column '{name}' is not in the contract, which has 'evolution: freeze'"
