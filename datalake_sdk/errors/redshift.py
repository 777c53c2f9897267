"""Errors of copies in Amazon Redshift."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed

_NOTHING_SENT = "Nothing was sent to Redshift."


class RedshiftSettingsError(UsageError):
    """The settings do not name one database of one workgroup or cluster.

    Args:
        setting: Setting that is wrong.
        value: Value received.
        rule: Valid values.
    """

    def __init__(self, setting: str, value: object, rule: str) -> None:
        super().__init__(
            f"{setting} is {'not set' if value is None else repr(value)}; it must be {rule}",
            hint="Pass the options of export_redshift, or set the attribute `redshift` of the task.",
        )


class MissingRedshiftError(UsageError):
    """A task exports to Redshift without a database."""

    def __init__(self) -> None:
        super().__init__(
            "the task has no database in Redshift",
            hint="Set the task's attribute in Terraform: redshift = { workgroup = "
            'aws_redshiftserverless_workgroup.this.arn, database = "dev" }.',
        )


class RedshiftTypeError(TerminalError):
    """A column of a table has no equivalent in Redshift.

    Args:
        table: Name of the table.
        column: Name of the column.
        given: What the table has.
        valid: What Redshift supports.
    """

    def __init__(self, table: str, column: str, given: str, valid: str) -> None:
        super().__init__(
            f"{table}: column '{column}' has {given}; Redshift supports {valid}",
            hint=f"{_NOTHING_SENT} Query the table in place, or write the values into a column of another type.",
        )


class RedshiftValueError(TerminalError):
    """Redshift cannot store a value.

    Args:
        table: Name of the table.
        column: Name of the column.
        type_: Type of the column in Redshift.
        value: The value, or its beginning.
        limit: What the type can store.
    """

    def __init__(self, table: str, column: str, type_: str, value: str, limit: str) -> None:
        super().__init__(
            f"{table}: column '{column}' has the value '{value}', which {type_} cannot store ({limit})",
            hint=f"{_NOTHING_SENT} Correct the value, or query the table in place.",
        )


class RedshiftColumnError(TerminalError):
    """A column of the existing copy has a type that cannot store the table's column.

    Args:
        target: Name of the copy.
        column: Name of the column.
        stored: Type in Redshift.
        needed: Type that the table's column needs.
    """

    def __init__(self, target: str, column: str, stored: str, needed: str) -> None:
        super().__init__(
            f"{target}: column '{column}' is {stored}, the table's column needs {needed}",
            hint=f"{_NOTHING_SENT} Drop or rename '{target}' in Redshift, or export to another table.",
        )


class RedshiftStatementError(TerminalError):
    """Redshift rejected a statement; its transaction was rolled back.

    Args:
        reason: Message of Redshift.
        statement: The statement that failed; empty if unknown.
        statement_id: Id of the execution in the Data API.
    """

    def __init__(self, reason: str, statement: str, statement_id: str) -> None:
        super().__init__(
            f"Redshift failed: {reason}" + (f"\nStatement: {statement}" if statement else ""),
            hint=f"The transaction was rolled back. See execution {statement_id} in the Data API.",
        )
        self.reason = reason


class RedshiftConflictError(TransientError):
    """Another transaction changed the copy at the same time."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(
            f"{target}: another export or transaction committed first ({reason}); the transaction was rolled back",
            hint="Run the export again: it starts from the copy that was committed.",
        )


class RedshiftCancelledError(TerminalError):
    """A user cancelled the execution; its transaction was rolled back.

    Run the export again, after asking the owner of the database about limits that cancel statements.
    """

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"execution {statement_id} was cancelled in Redshift; the transaction was rolled back")


class NoSuchRedshiftError(UsageError):
    """The workgroup or cluster, or the database in it, does not exist."""

    def __init__(self, name: str, region: str, reason: str) -> None:
        super().__init__(
            f"Redshift '{name}' cannot be used in {region}: {reason}",
            hint="Check --workgroup or --cluster, --redshift-database and --region.",
        )


class RedshiftTargetError(UsageError):
    """A copy was made from another table.

    Args:
        target: Name of the copy.
        source: Table that it was made from, with the stage's prefix.
        table: Table to export, with the stage's prefix.
    """

    def __init__(self, target: str, source: str, table: str) -> None:
        super().__init__(
            f"{target} is a copy of {source}, not of {table}",
            hint="Export to another table or schema with --target.",
        )


class ExportColumnsError(UsageError):
    """Columns of a copy cannot be changed within its schema.

    Args:
        target: Name of the copy.
        columns: Columns that only the copy has and that do not accept null.
    """

    def __init__(self, target: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{target} has NOT NULL columns that the table does not have: {listed(columns)}",
            hint="Drop the columns in Redshift, or export to another table.",
        )
