"""A throw-away lake for tests of tasks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from datalake_sdk.errors import TaskTestError
from datalake_sdk.inputs.dataframes.pandas_columns import series_type
from datalake_sdk.inputs.options import FileInput, InputOptions
from datalake_sdk.inputs.remote_files import SCHEME
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.query import query
from datalake_sdk.operations.read import read_files, read_table
from datalake_sdk.operations.table_metadata import table_exists
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionRequest, TableName


class TestLake:
    """An embedded lake in a folder.

    Args:
        root: Folder of the lake.
    """

    __test__ = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = resolve_environment(None, None, None, local_root=root)
        self._platform = open_platform(self.environment)

    def write(self, table: str, rows: object) -> None:
        """Appends rows to a table; creates it if it does not exist.

        Args:
            table: `database.table`, without the stage's prefix.
            rows: A list of dictionaries, the path of a file, or a dataframe.

        Raises:
            MixedColumnError: The values of a column in a list of dictionaries have no common type.

        Example:
            >>> lake.write("raw.orders", [{"order_id": 1, "country": "fr"}])
            >>> lake.write("raw.orders", "orders.csv")
        """
        if isinstance(rows, str | Path):
            rows = FileInput(str(rows), InputOptions())
        elif isinstance(rows, list):
            rows = _table(rows)
        ingest(self._platform, IngestionRequest(TableName.parse(table)), rows)

    def add_file(self, path: str, file: Path) -> None:
        """Copies a file to an `s3://` path, from which tasks on this lake read it.

        Raises:
            TaskTestError: The path does not start with `s3://`, or contains `..`.

        Example:
            >>> lake.add_file("s3://inbox/orders.csv", Path("orders.csv"))
        """
        key = path.removeprefix(SCHEME)
        # Other paths may be those of files outside the lake, which would be overwritten.
        if key == path or ".." in key.split("/"):
            raise TaskTestError(file, f"is to be copied to '{path}', which must be an s3:// path without '..'")
        target = self.root / key.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Returns the rows of a table; none if it does not exist.

        Example:
            >>> len(lake.rows("raw.orders"))
            4
        """
        name = TableName.parse(table)
        if not table_exists(self._platform, name):
            return []
        found: list[dict[str, Any]] = read_table(self._platform, name).read_all().to_pylist()
        return found

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Returns the rows of a query in Athena's dialect; `{database_prefix}` is the prefix of databases.

        Example:
            >>> lake.query("SELECT count(*) AS n FROM {database_prefix}raw.orders WHERE country = 'fr'")
            [{'n': 3}]
        """
        found: list[dict[str, Any]] = query(self._platform, sql, parameters=parameters).read_all().to_pylist()
        return found

    def file_rows(self, file: Path) -> Sequence[Mapping[str, Any]]:
        """Returns the rows of a file.

        Example:
            >>> lake.file_rows(Path("orders.csv"))[0]["country"]
            'fr'
        """
        found: list[dict[str, Any]] = read_files(self._platform, str(file)).read_all().to_pylist()
        return found


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Converts rows to Arrow with the columns of all rows; `Table.from_pylist` takes those of the first one."""
    columns = {str(name): [row.get(name) for row in rows] for name in dict.fromkeys(chain.from_iterable(rows))}
    return pa.table({name: pa.array(values, _type(name, values)) for name, values in columns.items()})


def _type(name: str, values: Sequence[object]) -> pa.DataType:
    import pandas as pd

    return series_type(name, pd.Series(values, dtype=object))
