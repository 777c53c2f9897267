"""Hidden files and folders, such as `_SUCCESS` and `.ipynb_checkpoints`: their names start with a dot or underscore."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def is_hidden(parts: Iterable[str], given: Collection[str] = ()) -> bool:
    """Whether a path has a hidden part.

    Args:
        parts: Names of the file and of its folders.
        given: Names that the user has written, which count as visible.
    """
    return any(part.startswith((".", "_")) and part not in given for part in parts)
