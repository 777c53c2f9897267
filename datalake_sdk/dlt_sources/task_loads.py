"""Loads the dlt sources of a task into its output tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType

from datalake_sdk.dlt_sources import is_dlt_object, load_source
from datalake_sdk.dlt_sources.targets import DeclaredTargets, SingleTarget, Targets
from datalake_sdk.errors import ResourceOptionError
from datalake_sdk.operations.ingest import IngestionResult, unchanged
from datalake_sdk.operations.task_outputs import TaskOutputs
from datalake_sdk.operations.task_results import ProcessingResponse
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import OutputTable, TableName

_NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})
_OPTIONS = ("override_ingestion_mode", "empty", "partitions")


def is_source(value: object) -> bool:
    """Whether a value is a dlt source or resource, or a list of them."""
    items = value if isinstance(value, list | tuple) else [value]
    return bool(items) and all(map(is_dlt_object, items))


class TaskLoads:
    """Loads of one task.

    Args:
        platform: Platform that holds the tables.
        outputs: Writes the tables of the task.
        state_name: Name under which the state of the sources is stored in the tables.
        show_extraction: Shows the number of rows extracted: a context that yields the function to report it to, or
            None.
    """

    def __init__(
        self,
        platform: Platform,
        outputs: TaskOutputs,
        state_name: str,
        show_extraction: Callable[[], AbstractContextManager[Callable[[int], None] | None]],
    ) -> None:
        self._platform = platform
        self._outputs = outputs
        self._state_name = state_name
        self._show_extraction = show_extraction

    def load_table(self, table: TableName, output: OutputTable, response: ProcessingResponse) -> IngestionResult:
        """Loads the resource in a response into one table.

        Raises:
            ResourceOptionError: The response has options that the resource decides itself.
            SeveralTablesError: The source has several tables; nothing was written.
        """
        given = [name for name in _OPTIONS if getattr(response, name) is not None]
        if given:
            raise ResourceOptionError(table, given)
        targets = SingleTarget(self._platform, table, output)
        results = self._load(response.dataframe, targets, response.properties)
        return results.get(table) or unchanged(self._platform, table, output.ingestion_mode)

    def load_tables(
        self, source: object, outputs: Mapping[str, Mapping[str, object]]
    ) -> dict[TableName, IngestionResult]:
        """Loads all tables of a source into the output tables of the same names.

        Raises:
            UndeclaredSourceTableError: A table is not among the output tables; nothing was written.
        """
        return self._load(source, DeclaredTargets(self._platform, outputs), _NO_PROPERTIES)

    def _load(self, source: object, targets: Targets, given: Mapping[str, str]) -> dict[TableName, IngestionResult]:
        ingestion_id = self._outputs.next_load()

        def write(
            table: TableName, output: OutputTable, rows: object, properties: Mapping[str, str]
        ) -> IngestionResult:
            response = ProcessingResponse(rows, properties={**given, **properties})
            return self._outputs.write(table, output, response, ingestion_id(table))

        return load_source(source, self._state_name, targets, write, self._show_extraction)
