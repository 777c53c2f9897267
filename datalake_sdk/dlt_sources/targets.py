"""The tables of the lake that a source may write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.table import Table

from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import SeveralTablesError, UndeclaredSourceTableError
from datalake_sdk.output_tables import declared_as, output_table_from
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import OutputTable, TableName


class Targets(Protocol):
    """The tables that a source may write."""

    def table(self, name: str) -> TableName:
        """Returns the table of the lake for a table of the source.

        Raises:
            DatalakeError: The source may not write it.
        """

    def declared(self, table: TableName) -> OutputTable:
        """Returns the declared output table."""

    def stored(self) -> Mapping[TableName, Table]:
        """Loads those of the tables that exist."""


class SingleTarget:
    """One table, whatever the name of the source's only table.

    Args:
        platform: Platform that holds the table.
        target: The table.
        output: How the task declares it.
    """

    def __init__(self, platform: Platform, target: TableName, output: OutputTable) -> None:
        self._platform = platform
        self._target = target
        self._output = output
        self._names: set[str] = set()

    def table(self, name: str) -> TableName:
        self._names.add(name)
        if len(self._names) > 1:
            raise SeveralTablesError(self._target, sorted(self._names))
        return self._target

    def declared(self, table: TableName) -> OutputTable:
        return self._output

    def stored(self) -> Mapping[TableName, Table]:
        return _existing(self._platform, [self._target])


@dataclass(frozen=True)
class DeclaredTargets:
    """The output tables of a task, found by the name of the table in the source.

    Args:
        platform: Platform that holds the tables.
        outputs: How to write each table, by `database.table` or by the pattern `database.*`.
    """

    platform: Platform
    outputs: Mapping[str, Mapping[str, object]]

    def table(self, name: str) -> TableName:
        exact = [declared for declared in self.outputs if declared.partition(".")[2] == name]
        matching = exact or [declared for declared in self.outputs if declared.endswith(".*")]
        if len(matching) != 1:
            raise UndeclaredSourceTableError(name, matching, list(self.outputs))
        return TableName(matching[0].partition(".")[0], name)

    def declared(self, table: TableName) -> OutputTable:
        name = declared_as(str(table), self.outputs)
        return OutputTable() if name is None else output_table_from(name, self.outputs[name])

    def stored(self) -> Mapping[TableName, Table]:
        with self.platform.service_errors():
            names = list(self._names())
        return _existing(self.platform, names)

    def _names(self) -> Iterator[TableName]:
        for declared in self.outputs:
            database, _, name = declared.partition(".")
            if name != "*":
                yield TableName(database, name)
                continue
            try:
                stored = self.platform.catalog.list_tables(self.platform.environment.database_prefix + database)
            except NoSuchNamespaceError:
                continue
            for _, table in stored:
                yield TableName(database, table)


def _existing(platform: Platform, names: list[TableName]) -> dict[TableName, Table]:
    with platform.service_errors():
        tables = {name: load_if_exists(platform.catalog, name.identifier(platform.environment)) for name in names}
    return {name: table for name, table in tables.items() if table is not None}
