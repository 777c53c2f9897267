"""Imports of heavy libraries, without what no command needs of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def import_arrow_alone() -> None:
    """Imports pyarrow so that it does without pandas, whose import takes longer than a small ingestion.

    pyarrow tries to import pandas when it makes its first array, and remembers how that went: what it makes of pandas'
    objects afterwards is wrong, so that commands which run a user's code must not call this. Nothing happens where
    pandas is imported already. https://github.com/apache/arrow/blob/main/python/pyarrow/pandas-shim.pxi
    """
    if "pandas" in sys.modules:
        return
    hidden = _HiddenPandas()
    sys.meta_path.insert(0, hidden)
    try:
        # pyiceberg imports it anyway, and it makes an array and tries by itself.
        import pyarrow.dataset  # noqa: F401
    finally:
        sys.meta_path.remove(hidden)


class _HiddenPandas:
    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not wanted here", name=name)
