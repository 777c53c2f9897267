"""Errors of migrations between stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class SameStageError(UsageError):
    """Source and target of a migration are the same stage."""

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"source_stage_name is '{stage}', which is also the target stage",
            hint="Pass the stage to read as --source-stage-name and the stage to write as -s before the command.",
        )


class TargetNameError(UsageError):
    """A target name for a migration of several tables."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"target_table_name is '{name}', but all tables of the database are copied",
            hint="Add --source-table-name, or remove --target-table-name.",
        )


class MigrationKeysError(UsageError):
    """An upsert into tables without known upsert keys."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            f"no known upsert keys for {listed(tables, 20)}",
            hint="Pass --upsert-keys, or --ingestion-mode overwrite or append, which need none.",
        )


class InvalidMaskError(UsageError):
    """An invalid mask, or one that is not applicable to its column.

    Write the mask in the form that the message shows.
    """

    def __init__(self, given: str, valid: str) -> None:
        super().__init__(f"mask is '{given}'; it must be {valid}")


class UnknownMaskColumnError(UsageError):
    """A mask of a column that no copied table has."""

    def __init__(self, column: str, similar: Sequence[str]) -> None:
        suggestion = f"Did you mean {listed(similar)}?" if similar else "describe_table shows the columns of a table."
        super().__init__(f"mask names column '{column}', which no table to copy has", hint=suggestion)


class UnmaskedColumnsError(UsageError):
    """Classified columns of production have no mask.

    Args:
        columns: The columns by table.
    """

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        found = "; ".join(f"{table}: {', '.join(names)}" for table, names in columns.items())
        example = next(iter(columns.values()))[0]
        super().__init__(
            f"classified columns of production have no mask: {found}",
            hint=f"Pass --mask {example}=hash, =null or =constant:X, or --mask {example}=keep to copy its values.",
        )


class InvalidSampleError(UsageError):
    """Not a valid percentage.

    Pass a percentage such as 5%.
    """

    def __init__(self, given: str) -> None:
        super().__init__(f"sample is '{given}'; it must be a percentage greater than 0 and at most 100, for example 5%")


class InvalidOwnerJobError(UsageError):
    """An owner that is not of the form pipeline/task.

    Pass the names of the pipeline and the task, such as daily/load_orders.
    """

    def __init__(self, given: str) -> None:
        super().__init__(f"owner_job is '{given}'; it must be pipeline/task")


class IncrementalMigrationError(UsageError):
    """An incremental migration whose new rows cannot be identified."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint=hint)


class EmptyTableError(TerminalError):
    """A table without a snapshot."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} has no snapshot", hint="Ingest into it first, or do not copy it.")


class InvalidConditionError(UsageError):
    """A WHERE clause that is not a single condition on the columns of a table."""

    def __init__(self, condition: str) -> None:
        super().__init__(
            f"where is '{condition}'; it must be one condition on columns of the table, without subqueries",
            hint="Leave out the word WHERE and other clauses, for example \"country = 'FR' AND amount > 10\".",
        )


class ChangingConditionError(UsageError):
    """A condition that may select different rows each time it is evaluated."""

    def __init__(self, call: str) -> None:
        super().__init__(
            f"where contains {call}, whose value changes between the copy and its verification; "
            "it must select the same rows twice",
            hint="Write a value instead, for example timestamp '2030-01-31 00:00:00 UTC', or use --sample.",
        )


class MigrationMismatchError(TerminalError):
    """The rows of the target differ from those of the source after the copy.

    Args:
        table: Name with the stage's prefix.
        expected: Number of rows read.
        found: Number of rows found.
        columns: Columns whose values differ; empty if equal values are in different rows.
        existed: Whether the table existed before.
        before: Snapshot of the table before the copy, if any.
    """

    def __init__(
        self, table: str, expected: int, found: int, columns: Sequence[str], *, existed: bool, before: int | None
    ) -> None:
        difference = f"columns that differ: {listed(columns, 20)}" if columns else "equal values are in different rows"
        hint = "The table was empty before. Do not use the copied rows: delete the table, and copy again."
        if before:
            hint = (
                f"The snapshot before the copy is {before}. Do not use the copied rows: roll the table back to it, for "
                "example with rollback_to_snapshot in Spark, and copy again."
            )
        super().__init__(
            f"{table}: {expected:,} rows were read, {found:,} were found; {difference}",
            hint=hint if existed else "The table did not exist before: delete it.",
        )


class MissingColumnsError(TerminalError):
    """The target lacks columns of the source after the copy."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: columns {listed(columns, 20)} of the source do not exist in the target and cannot be compared",
            hint="Compare both schemas with describe_table.",
        )
