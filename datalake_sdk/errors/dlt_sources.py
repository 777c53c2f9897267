"""Errors of dlt sources."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class UnsupportedHintError(UsageError):
    """A hint of a dlt resource has no equivalent in the write contract."""

    def __init__(self, table: object, hint: str, value: object, supported: str) -> None:
        super().__init__(
            f"{table}: {hint} of the dlt resource is '{value}'; supported: {supported}",
            hint=f"Change {hint} of the resource, for example with `resource.apply_hints(…)`.",
        )


class ConflictingHintError(UsageError):
    """A hint of a dlt resource contradicts the declared output table."""

    def __init__(self, table: object, field: str, declared: object, hint: str, given: object) -> None:
        super().__init__(
            f"{table}: {field} is '{declared}' in output_tables, but {hint} of the dlt resource means '{given}'",
            hint=f"Remove {field} from output_tables, or change {hint} of the resource.",
        )


class ResourceOptionError(UsageError):
    """Options of a write that a dlt resource decides itself."""

    def __init__(self, table: object, options: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {', '.join(options)} cannot be combined with a dlt resource",
            hint="Set write_disposition, primary_key and the column hint partition of the resource.",
        )


class UndeclaredSourceTableError(UsageError):
    """A dlt source has a table that does not match exactly one output table of the task."""

    def __init__(self, name: str, matching: Sequence[object], declared: Sequence[object]) -> None:
        found = (
            f"matches {listed(matching)}" if matching else f"is not declared; declared: {listed(declared) or 'none'}"
        )
        super().__init__(
            f"table '{name}' of the dlt source {found}",
            hint="Declare the table once in output_tables of the task, or select resources with `with_resources(…)`.",
        )


class SeveralTablesError(UsageError):
    """A call writes one table, but the dlt source has several."""

    def __init__(self, table: object, names: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the dlt source has the tables {listed(names)}; `ingest` writes one table",
            hint="Pass one resource, or write all tables with `job.ingest_source(source)`.",
        )


class RepeatedSourceTableError(UsageError):
    """Several dlt sources of a list have the same table, which one load writes in one commit."""

    def __init__(self, table: object) -> None:
        super().__init__(
            f"{table}: several dlt sources of the list have this table; a load writes a table once",
            hint="Rename the resource of one source, or pass each source to its own call of `job.ingest_source`.",
        )


class SourceTypeError(UsageError):
    """An object is not a dlt source or resource."""

    def __init__(self, given: object) -> None:
        super().__init__(
            f"source is {type(given).__name__}; it must be a dlt source, a dlt resource or a list of them",
            hint="Return the object that a function decorated with @dlt.source or @dlt.resource returns.",
        )


class TaskSourceError(TerminalError):
    """A task of the type dlt returned something other than a source."""

    def __init__(self, given: object) -> None:
        super().__init__(
            f"main(job) returned {type(given).__name__}; a task of the type dlt returns a dlt source or resources",
            hint="Return a dlt source, a dlt resource or a list of them, or change the type of the task to python.",
        )


class SourceDataError(TerminalError):
    """The data of a dlt source violates its schema."""

    def __init__(self, table: str, column: str | None, reason: str) -> None:
        super().__init__(
            f"{table}: column '{column}': {reason}" if column else f"{table}: {reason}",
            hint="Declare the type with `columns={'name': {'data_type': '…'}}`, or change `schema_contract`, of the "
            "resource. Nothing of this load was written.",
        )


class SourceReadError(TerminalError):
    """A dlt source failed, and a retry fails again."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(
            f"dlt source '{source}': {reason}",
            hint="Check the address, the parameters and the credentials of the source. Nothing of this load was "
            "written.",
        )


class SourceUnavailableError(TransientError):
    """A dlt source cannot be reached."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(
            f"dlt source '{source}' is not available: {reason}",
            hint="Retry; the next load continues after the last committed one. Check the address and the network.",
        )


class MissingSourceSettingError(UsageError):
    """Settings or secrets of a dlt source are missing."""

    def __init__(self, source: str, variables: Sequence[str]) -> None:
        super().__init__(
            f"dlt source '{source}': missing settings: {listed(variables)}",
            hint="Set the environment variables; for a deployed task, `secrets` in tasks_configuration.",
        )


class MissingSourceVariableError(UsageError):
    """An option names an environment variable that is not set."""

    def __init__(self, option: str, variable: str) -> None:
        super().__init__(
            f"{option}: the environment variable {variable} is not set",
            hint=f"Set {variable}, for example with `read -rs {variable} && export {variable}`.",
        )


class SecretInArgumentError(UsageError):
    """An argument contains a secret, which other users of the machine can read in the list of processes."""

    def __init__(self, option: str, name: str) -> None:
        super().__init__(
            f"{option}: {name} is a secret, which the list of processes and the history of the shell would contain",
            hint="Store it in an environment variable, such as SOURCE_SECRET, and write env:SOURCE_SECRET instead.",
        )


class DatabaseUrlError(UsageError):
    """The URL of a database is invalid; the message does not repeat it, since it may contain a password."""

    def __init__(self) -> None:
        super().__init__(
            "--url is not the URL of a database",
            hint="Write dialect+driver://user:password@host:port/database, such as sqlite:///shop.db.",
        )


class MissingDatabaseFileError(UsageError):
    """The file of an SQLite database does not exist."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"--url names the SQLite file '{file}', which does not exist",
            hint="Correct the path: sqlite:///shop.db is in the current folder, sqlite:////data/shop.db in /data.",
        )


class DatabaseDriverError(UsageError):
    """The driver of a database is not installed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the database of --url cannot be opened: {reason}",
            hint="Install the driver with pip, or name another one in the URL, such as postgresql+psycopg2://.",
        )


class MissingSourceTableError(UsageError):
    """A database has no such table.

    Name one of the listed tables.
    """

    def __init__(self, table: str, tables: Sequence[str]) -> None:
        super().__init__(f"the database has no table '{table}'; its tables: {listed(tables) or 'none'}")


class MissingSourceColumnError(UsageError):
    """A table of a source has no such column.

    Name one of the listed columns.
    """

    def __init__(self, table: str, column: str, columns: Sequence[str]) -> None:
        super().__init__(f"table '{table}' of the database has no column '{column}'; its columns: {listed(columns)}")


class SourceStateSizeError(TerminalError):
    """The state of a dlt pipeline is too large for a table property."""

    def __init__(self, pipeline: str, size: int, limit: int) -> None:
        super().__init__(
            f"the state of dlt pipeline '{pipeline}' has {size:,} bytes; at most {limit:,} fit into a table property",
            hint="Incremental resources keep the keys of the rows at the last cursor value: use a cursor with a finer "
            "resolution, or `primary_key=()` in `dlt.sources.incremental`.",
        )
