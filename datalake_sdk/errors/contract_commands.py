"""Errors of the commands that show, compare and convert contracts."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import UsageError


class NoContractError(UsageError):
    """A table has no stored contract."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table}: no contract is stored with the table",
            hint="Pass its table file, or store the contract with apply_tables or with the next write.",
        )


class UnknownContractError(UsageError):
    """The argument of a command is neither a table file nor a table."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"contract is '{given}'; it must be a .yaml file, database.table or STAGE:database.table",
            hint="Omit the stage prefix of the database.",
        )


class InvalidOdcsError(UsageError):
    """A file does not follow the Open Data Contract Standard.

    Args:
        source: The file.
        problems: Field and reason of each problem.
    """

    def __init__(self, source: object, problems: Sequence[str]) -> None:
        super().__init__(
            f"{source}: not a contract of the Open Data Contract Standard 3:\n  " + "\n  ".join(problems),
            hint="See https://bitol-io.github.io/open-data-contract-standard/latest/ for the fields.",
        )


class UnnamedDatabaseError(UsageError):
    """A contract names a table without its database."""

    def __init__(self, source: object, table: str) -> None:
        super().__init__(
            f"{source}: table '{table}' has no database", hint="Pass its database with --database-name NAME."
        )


class UntypedColumnsError(UsageError):
    """A contract without the type of a column cannot be exported."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"{name}: columns without a type: {', '.join(columns)}; the Open Data Contract Standard requires one",
            hint="Declare `type` in the table file, or export the contract of the table, which has types.",
        )


class ExistingTableFileError(UsageError):
    """A file to write already exists."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path}: the file already exists; nothing was written", hint="Pass another --output folder.")
