"""DuckDB databases for queries on one folder, reused by later queries: creating one takes longer than most queries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb

from datalake_sdk.machine import memory_limit
from datalake_sdk.parallel import thread_count
from datalake_sdk.process_databases import on_fork_or_exit
from datalake_sdk.sql_quotes import literal
from datalake_sdk.temporary_folders import process_folder

LAKE = "lake"
"""DuckDB database with a schema per database and a view per table of the lake."""
_SHARE_OF_MEMORY = 0.5
"""Share of a limited process's memory for DuckDB, which counts only part of what it allocates.
https://duckdb.org/docs/stable/guides/performance/environment.html"""
_MAX_IDLE = 4


@dataclass(frozen=True)
class _Settings:
    root: Path
    threads: int
    memory_limit: str | None


class QueryDatabase:
    """A database that runs one query at a time.

    Args:
        settings: Its settings, which statements cannot change.
    """

    def __init__(self, settings: _Settings) -> None:
        self.settings = settings
        self.connection = _connect(settings)

    def release(self) -> None:
        """Drops the tables of the query; another query can then use the database. Keeps the functions."""
        try:
            self._drop_tables()
        except duckdb.Error:
            # A fatal error invalidates a database: https://duckdb.org/docs/stable/dev/internal_errors
            self.connection.close()
        else:
            _idle.append(self)

    def _drop_tables(self) -> None:
        registered = self.connection.execute("SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal")
        for (name,) in registered.fetchall():
            self.connection.unregister(name)
        self.connection.execute(f"DETACH {LAKE}; ATTACH ':memory:' AS {LAKE}")


_idle: deque[QueryDatabase] = deque(maxlen=_MAX_IDLE)
on_fork_or_exit(_idle.clear)


def query_database(root: Path) -> QueryDatabase:
    """Returns a database that no other query uses.

    Args:
        root: Folder of the lake; queries cannot read other files.
    """
    limit = memory_limit()
    memory = None if limit is None else f"{limit * _SHARE_OF_MEMORY:.0f}B"
    settings = _Settings(root, thread_count(), memory)
    for idle in list(_idle):
        if idle.settings == settings and _take(idle):
            return idle
    return QueryDatabase(settings)


def _take(idle: QueryDatabase) -> bool:
    """Whether no other thread took the database first."""
    try:
        _idle.remove(idle)
    except ValueError:
        return False
    return True


def _connect(settings: _Settings) -> duckdb.DuckDBPyConnection:
    memory = {} if settings.memory_limit is None else {"memory_limit": settings.memory_limit}
    connection = duckdb.connect(config={"threads": settings.threads, **memory})
    # Databases must not share a folder of temporary files.
    spill = process_folder() / f"query-{uuid4().hex}"
    connection.execute(
        f"""
        SET TimeZone = 'UTC';
        SET integer_division = true;
        SET temp_directory = {literal(str(spill))};
        SET allowed_directories = [{literal(str(settings.root))}];
        SET errors_as_json = true;
        SET autoinstall_known_extensions = false;
        SET autoload_known_extensions = false;
        SET enable_external_access = false;
        ATTACH ':memory:' AS {LAKE};
        SET lock_configuration = true;
        """
    )
    return connection
