"""Errors of the data catalogue in the browser."""

from __future__ import annotations

from pathlib import Path

from datalake_sdk.errors.base import UsageError


class ExposedPagesError(UsageError):
    """Pages without a token would be served to other machines."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"--host is '{host}', which other machines can reach, and no --token is set",
            hint="Set --token or DATALAKE_UI_TOKEN, or serve on 127.0.0.1 and forward the port with ssh -L.",
        )


class UnusableHostError(UsageError):
    """An address that cannot be listened on."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(
            f"--host is '{host}', which cannot be listened on: {reason}",
            hint="Use 127.0.0.1, or an address of this machine with --token.",
        )


class ExportFolderError(UsageError):
    """A folder contains files that an export did not write."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"--export is '{folder}', {reason}",
            hint="Choose a folder that is empty, does not exist yet, or contains an earlier export.",
        )


class MissingPageError(UsageError):
    """A page of the catalogue does not exist, or no longer."""

    def __init__(self) -> None:
        super().__init__("There is no such page", hint="Search for it, or start from the list of tables.")
