"""Migrations between stages."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class SameStageError(UsageError):
    """A migration from a stage to itself."""

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"source_stage_name is '{stage}', which is the target stage too",
            hint="Give the stage to read with --source-stage-name, the one to write with -s before the command.",
        )


class TargetNameError(UsageError):
    """A name for the target where several tables are copied."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"target_table_name is '{name}', but every table of the database is to be copied",
            hint="Give --source-table-name too, or leave out --target-table-name.",
        )


class MigrationKeysError(UsageError):
    """Tables whose rows nobody can tell apart."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            f"no upsert keys are known for {listed(tables, 20)}",
            hint="Give --upsert-keys for them, or --ingestion-mode overwrite or append, which need none.",
        )


class InvalidMaskError(UsageError):
    """A mask that cannot be read, or does not fit its column."""

    def __init__(self, given: str, valid: str) -> None:
        super().__init__(f"mask is '{given}'; it must be {valid}")


class InvalidSampleError(UsageError):
    """A share that is none."""

    def __init__(self, given: str) -> None:
        super().__init__(f"sample is '{given}'; it must be a percentage over 0 and up to 100, for example 5%")


class InvalidOwnerJobError(UsageError):
    """An owner that is not one task of one pipeline."""

    def __init__(self, given: str) -> None:
        super().__init__(f"owner_job is '{given}'; it must be pipeline/task")


class IncrementalMigrationError(UsageError):
    """A migration of changes where changes cannot be told from what was there."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint=hint)


class EmptyTableError(TerminalError):
    """A table that nothing was ever written to."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} has no version yet", hint="Ingest into it first, or leave it out.")


class ChangingConditionError(UsageError):
    """A condition that may choose other rows when it is asked again."""

    def __init__(self, call: str) -> None:
        super().__init__(
            f"where has {call}, whose value changes between the copy and its check; it must choose the same rows twice",
            hint="Write a value instead, for example timestamp '2030-01-31 00:00:00 UTC'; --sample takes a share.",
        )


class MigrationMismatchError(TerminalError):
    """A target whose rows differ from the source's after the copy.

    Args:
        table: Name with the stage's prefix.
        expected: Rows that were read.
        found: Rows that are there.
        columns: Those whose values differ; none where values are in other rows.
        existed: Whether the table was there before.
        before: Its version then; None when it had none.
    """

    def __init__(
        self, table: str, expected: int, found: int, columns: Sequence[str], *, existed: bool, before: int | None
    ) -> None:
        difference = f"columns that differ: {listed(columns, 20)}" if columns else "values are in other rows"
        hint = f"The version before the copy is snapshot {before}." if before else "The table was empty before."
        super().__init__(
            f"{table}: {expected:,} rows were read and {found:,} are there; {difference}",
            hint=hint if existed else "The table did not exist before; delete it.",
        )


class MissingColumnsError(TerminalError):
    """A target that lacks columns of the source after the copy."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: the source's {listed(columns, 20)} have no column here, so that they cannot be compared",
            hint="Compare both schemas with describe_table.",
        )
