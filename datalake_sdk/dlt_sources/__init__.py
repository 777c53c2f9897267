"""Loads dlt sources into tables under the write contract; importing it does not import dlt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from datalake_sdk.errors import MissingExtraError

if TYPE_CHECKING:
    from datalake_sdk.dlt_sources.load import WriteTable
    from datalake_sdk.dlt_sources.targets import Targets
    from datalake_sdk.operations.ingest import IngestionResult
    from datalake_sdk.settings import TableName


def is_dlt_object(value: object) -> bool:
    """Whether a value is an object of dlt, without importing dlt."""
    return type(value).__module__.partition(".")[0] == "dlt"


def require_dlt() -> None:
    """Checks that dlt is installed, without importing it.

    Raises:
        MissingExtraError: It is not.
    """
    if find_spec("dlt") is None:
        raise MissingExtraError("dlt", "dlt")


def load_source(
    source: object,
    pipeline_name: str,
    targets: Targets,
    write: WriteTable,
    show_extraction: Callable[[], AbstractContextManager[Callable[[int], None] | None]],
) -> dict[TableName, IngestionResult]:
    """Loads all selected resources of a source.

    Nothing is written before all data is extracted and all tables are checked. A commit stores the state of the
    pipeline in the table, so a load that ends early continues at the rows that were not committed.

    Args:
        source: A dlt source, a dlt resource or a list of them.
        pipeline_name: Name under which the state is stored in the tables.
        targets: Tables that the source may write.
        write: Writes one table in one commit.
        show_extraction: Shows the number of rows extracted: a context that yields the function to report it to, or
            None.

    Returns:
        Result of each table with rows.

    Raises:
        MissingExtraError: dlt is not installed.
        SourceTypeError: The object is not a source.
        RepeatedSourceTableError: Several sources of the list have the same table; nothing was written.
        UnsupportedHintError: A hint has no equivalent in the write contract; nothing was written.
        SourceDataError: The data violates the schema; nothing was written.
        DatalakeError: The source or a write failed; tables that were written before are complete.
    """
    try:
        from datalake_sdk.dlt_sources.load import load
    except ModuleNotFoundError as error:
        raise MissingExtraError("dlt", error.name or str(error)) from error
    return load(source, pipeline_name, targets, write, show_extraction)
