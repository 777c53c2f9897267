"""Faster imports of heavy libraries."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def import_arrow_without_pandas() -> None:
    """Imports pyarrow without pandas, whose import takes longer than a small ingestion.

    pyarrow tries to import pandas when it creates its first array and caches the outcome. Later conversions of pandas
    objects are wrong, so commands that run user code must not call this. Does nothing if pandas is already imported. https://github.com/apache/arrow/blob/main/python/pyarrow/pandas-shim.pxi
    """
    if "pandas" in sys.modules:
        return
    hidden = _HiddenPandas()
    sys.meta_path.insert(0, hidden)
    try:
        # pyiceberg imports this module anyway; it creates an array.
        import pyarrow.dataset  # noqa: F401
    finally:
        sys.meta_path.remove(hidden)


class _HiddenPandas:
    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is hidden from pyarrow", name=name)
