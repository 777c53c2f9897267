"""Settings of the sources that `datalake_sdk ingest_source` loads; importing it does not import dlt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datalake_sdk.inputs.options import InputOptions

DISPOSITIONS = ("append", "replace", "merge")


@dataclass(frozen=True)
class Loading:
    """How the rows of a source are written.

    Args:
        disposition: `append`, `replace` or `merge`.
        primary_key: Columns that identify a row, for `merge`.
        cursor: Column with ascending values; only rows from its greatest loaded value on are loaded.
        initial_value: Value of the cursor before the first load.
    """

    disposition: str = "append"
    primary_key: tuple[str, ...] = ()
    cursor: str | None = None
    initial_value: Any = None


@dataclass(frozen=True)
class RestApi:
    """A list of objects that an HTTP API returns in pages.

    Args:
        url: Base URL.
        path: Path of the list, relative to the URL.
        data_selector: JSONPath of the objects in a response; None finds the list.
        cursor_parameter: Query parameter that receives the value of the cursor.
        parameters: Query parameters.
        headers: Headers of each request.
        token: Bearer token.
        paginator: Type of the paginator of dlt.
        paginator_options: Its further settings.
        max_pages: Number of pages after which a load ends; None reads all.
    """

    url: str
    path: str = ""
    data_selector: str | None = None
    cursor_parameter: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    paginator: str = "auto"
    paginator_options: Mapping[str, Any] = field(default_factory=dict)
    max_pages: int | None = None


@dataclass(frozen=True)
class SqlDatabase:
    """Tables of a database that SQLAlchemy reads.

    Args:
        url: URL of SQLAlchemy.
        schema: Schema of the tables; None is the default schema.
        tables: Names of the tables; empty selects all.
    """

    url: str
    schema: str | None = None
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Files:
    """Files of a folder; a load reads those that were created or changed after the last one.

    Args:
        path: A file, a folder, a glob or an `s3://` path.
        glob: Pattern of the names of the files.
        options: How to read the files.
    """

    path: str
    glob: str = "*"
    options: InputOptions = field(default_factory=InputOptions)
