"""Catalogs, tables that are not there, and queries."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingExtraError(UsageError):
    """An optional part of the SDK is used, and its packages are not installed."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"package '{package}' is not installed; it belongs to the extra '{extra}'",
            hint=f"pip install 'datalake-sdk[{extra}]'",
        )


class LakeRootError(UsageError):
    """A folder that cannot be an embedded lake."""

    def __init__(self, root: object, reason: str) -> None:
        super().__init__(f"--local is '{root}'; {reason}", hint="Give a folder that you may write to, existing or new.")


class NotWritableLakeError(UsageError):
    """An embedded lake that cannot be written to, or not be created."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"cannot write to '{path}': {reason}", hint="Give write access to the folder, or use another.")


class LakeBusyError(TransientError):
    """Other processes kept the catalog locked."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"catalog '{path}' stayed locked by other processes ({reason})", hint="Run the call again.")


class CorruptCatalogError(TerminalError):
    """A catalog file that SQLite cannot read."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"'{path}' is not a catalog: {reason}",
            hint="Restore the file from a copy, or use another folder; the tables' files beside it are untouched.",
        )


class MissingMetadataError(TerminalError):
    """A table whose catalog entry names a file that is not there."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: the catalog names a metadata file that cannot be read: {reason}",
            hint="Iceberg keeps absolute paths, so a lake folder cannot be moved or renamed: move it back.",
        )


class NotIcebergTableError(UsageError):
    """A table of the catalog that is not an Iceberg table."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table} is not an Iceberg table: {reason}",
            hint="It can be queried only; ingest into another table name, or remove it with the tool that made it.",
        )


class UnknownCommitStateError(TransientError):
    """A commit whose answer was lost, so that nobody can say whether it was done."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: the catalog did not say whether the write was committed: {reason}",
            hint="Run the same write again with the same ingestion id: it is skipped if it was.",
        )


class OutsideLakeError(TerminalError):
    """A table of the catalog whose files are not in the lake's folder."""

    def __init__(self, table: str, location: str, root: object) -> None:
        super().__init__(
            f"{table}: its location '{location}' is not in the lake '{root}'; nothing was removed",
            hint="Delete the table with the tool that created it.",
        )


class LeftoverFilesError(TerminalError):
    """A table that has left the catalog, but not all of its files could be removed."""

    def __init__(self, table: str, folder: object, reason: str) -> None:
        super().__init__(
            f"{table}: removed from the catalog, but files are left in '{folder}': {reason}",
            hint="Remove that folder.",
        )


class EmptyLakeError(TerminalError):
    """A table is wanted from a lake that has none."""

    def __init__(self, environment: str, root: object) -> None:
        place = f"the lake '{root}'" if root else f"environment '{environment}'"
        doubtful = "the path" if root else "project, domain, stage and --region"
        super().__init__(f"{place} is empty: it has no tables yet", hint=f"Ingest a table first, or check {doubtful}.")


class UnknownDatabaseError(UsageError):
    """A database that the environment does not have."""

    def __init__(self, database: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no database '{database}'", hint=_suggestion(near, "Databases"))


class UnknownTableError(UsageError):
    """A table that the catalog does not have."""

    def __init__(self, table: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no table '{table}'", hint=_suggestion(near, "Tables"))


class UnknownMetadataTableError(UsageError):
    """A metadata table, as in `"orders$snapshots"`, that does not exist."""

    def __init__(self, table: str, metadata: str, valid: Sequence[str]) -> None:
        super().__init__(
            f"{table} has no metadata table '${metadata}'; there are {', '.join(f'${name}' for name in valid)}"
        )


class UnknownSnapshotError(UsageError):
    """A snapshot id that the table does not have."""

    def __init__(self, table: str, snapshot_id: int, last: Sequence[int]) -> None:
        known = f"the last ones are {', '.join(map(str, last))}" if last else "it has none yet"
        super().__init__(
            f"{table} has no snapshot {snapshot_id}; {known}",
            hint="describe_table shows the last ten with their times.",
        )


class NoSnapshotAtError(UsageError):
    """A time before the table's first snapshot."""

    def __init__(self, table: str, timestamp: str, first: str | None) -> None:
        known = f"its first snapshot is of {first}" if first else "it has no snapshot yet"
        super().__init__(f"{table} has no snapshot at {timestamp}; {known}")


class EqualityDeletesError(TerminalError):
    """A table with delete files by value, as Flink writes them."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} has equality deletes, which cannot be read here",
            hint="Compact the table with the engine that wrote it, for example Spark's rewrite_data_files.",
        )


class SqlParseError(UsageError):
    """SQL that does not follow the grammar.

    Args:
        reason: What the parser expected.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
        hint: What to do next.
    """

    def __init__(self, reason: str, line: int, column: int, excerpt: str, hint: str = "") -> None:
        super().__init__(f"SQL, line {line}, column {column}: {reason}\n{excerpt}", hint=hint)
        self.line = line
        self.column = column


class SqlStatementError(UsageError):
    """Something else than one query."""

    def __init__(self, kind: str, hint: str) -> None:
        super().__init__(f"the statement is {kind}; it must be one query: SELECT, WITH or VALUES", hint=hint)


class SqlLimitError(UsageError):
    """A statement that is too long or nests too deeply."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the statement is too complex: {reason}",
            hint="Name parts of the query in WITH, or join with a table that holds the values.",
        )


class SqlNotAllowedError(UsageError):
    """Syntax that a query over the lake's tables may not contain, on any platform.

    Args:
        found: What the statement contains.
        allowed: What to write instead.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
    """

    def __init__(self, found: str, allowed: str, line: int, column: int, excerpt: str) -> None:
        super().__init__(
            f"SQL, line {line}, column {column}: {found} is not allowed in a query\n{excerpt}", hint=allowed
        )
        self.line = line
        self.column = column


class SqlPlaceholderError(UsageError):
    """A placeholder or a brace of a statement that cannot be replaced.

    Args:
        reason: What is wrong.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        hint: What to write.
    """

    def __init__(self, reason: str, line: int, column: int, hint: str) -> None:
        super().__init__(f"SQL, line {line}, column {column}: {reason}", hint=hint)


class SqlParameterError(UsageError):
    """A parameter whose value cannot be written where its placeholder stands."""

    def __init__(self, name: str, reason: str, hint: str) -> None:
        super().__init__(f"SQL parameter '{name}' {reason}", hint=hint)


class ReservedParameterError(UsageError):
    """A parameter with the name of a placeholder that every statement has."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"SQL parameter '{name}' has the name of a built-in placeholder",
            hint="Rename the parameter in additional_parameters.",
        )


class UnqualifiedTableError(UsageError):
    """A table name without its database."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"table '{table}' has no database",
            hint=f"Name it as database.table, for example {{database_prefix}}my_database.{table}",
        )


class SqlUnsupportedError(UsageError):
    """SQL that Athena supports and that the embedded lake cannot run with the same results.

    Args:
        feature: Name of the unsupported feature.
        hint: The reason, or what to write instead.
    """

    def __init__(self, feature: str, hint: str = "") -> None:
        super().__init__(f"{feature} is not supported on the embedded lake", hint=hint)
        self.feature = feature

    def show_position(self, line: int, column: int, excerpt: str) -> None:
        """Adds the position in the statement to the message.

        Args:
            line: Line of the statement, from 1.
            column: Column in that line, from 1.
            excerpt: The line, with a caret below the column.
        """
        self.message = f"SQL, line {line}, column {column}: {self.message}\n{excerpt}"


class UnknownFunctionError(SqlUnsupportedError):
    """A query calls a function that Athena does not have."""

    def __init__(self, name: str, suggestions: Sequence[str]) -> None:
        super().__init__(f"function {name}()", f"Did you mean {listed(suggestions)}?" if suggestions else "")
        self.message = f"FUNCTION_NOT_FOUND: function '{name}' not registered"


class FunctionArgumentsError(UsageError):
    """A function is called with too few or too many arguments.

    Args:
        name: The function.
        arity: Numbers of arguments that it takes, in words.
        given: Number of arguments of the call.
        signatures: Signatures of the function.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
    """

    def __init__(
        self, name: str, arity: str, given: int, signatures: str, line: int, column: int, excerpt: str
    ) -> None:
        super().__init__(f"SQL, line {line}, column {column}: {name} {arity}, got {given}: {signatures}\n{excerpt}")


class InvalidQueryError(UsageError):
    """A query that follows the grammar and that Athena rejects."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(f"the query is not valid: {reason}", hint=hint)


class UnnestColumnsError(UsageError):
    """The alias of an UNNEST names another number of columns than it has."""

    def __init__(self, alias: str, given: int, columns: Sequence[str]) -> None:
        super().__init__(
            f"column alias list has {given} entries but '{alias}' has {len(columns)} columns: {listed(columns, 20)}",
            hint="UNNEST has a column for each key, value, field of a row or element, and one WITH ORDINALITY.",
        )


class UnnestConditionError(UsageError):
    """A join with an UNNEST on a condition."""

    def __init__(self, side: str) -> None:
        super().__init__(
            f"{side} JOIN involving UNNEST is only supported with condition ON TRUE",
            hint="Put the condition into WHERE.",
        )


class UnknownColumnError(UsageError):
    """A query names a column that its tables do not have."""

    def __init__(self, column: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no column '{column}'", hint=f"Did you mean {listed(near)}?" if near else "")


class QueryFailedError(TerminalError):
    """A query that is well-formed and fails on the data or on a type."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the query failed: {reason}")


class UnexplainedQueryError(QueryFailedError):
    """A query that fails for a reason that has no name in Athena."""

    def __init__(self) -> None:
        super().__init__("GENERIC_INTERNAL_ERROR: the embedded lake cannot run this query")
        self.hint = "Run `datalake_sdk --debug query …` to see the reason that the engine gives."


def _suggestion(near: Sequence[str], what: str) -> str:
    return f"Did you mean {listed(near)}?" if near else f"{what} are shown by list_tables."
