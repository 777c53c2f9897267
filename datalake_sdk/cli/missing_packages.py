"""Finds the extra of the SDK that installs a missing package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires

from datalake_sdk.errors import MissingExtraError

_DISTRIBUTION = "datalake-sdk"
_EXTRAS = ("local", "aws", "dlt", "spark", "openlineage", "agent", "init", "ui")
"""The first one that requires a package is suggested."""


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """Returns the error to show for a package that an extra installs; None for any other package."""
    package = (error.name or "").partition(".")[0]
    try:
        requirements = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return None
    of_package = [each for each in requirements if each.partition(" ")[0].partition("[")[0] == package]
    for extra in _EXTRAS:
        if any(f'extra == "{extra}"' in each for each in of_package):
            return MissingExtraError(extra, package)
    return None
