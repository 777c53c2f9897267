"""CSV files whose rows can be decoded together: those that begin with the same header."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datalake_sdk.inputs.csv.dialect import Dialect
from datalake_sdk.inputs.csv.rows import blanked, quote_pairs, row_starts
from datalake_sdk.inputs.formats import suffix


class CsvJoiner:
    """Recognizes files with the header of a first file.

    Args:
        name: Name of the first file.
        start: Its text before the first row, with a final line break.
        dialect: Its dialect.
    """

    def __init__(self, name: str, start: bytes, dialect: Dialect) -> None:
        self._suffix = suffix(name)
        self._start = start
        self._dialect = dialect

    def rows(self, name: str, text: bytes) -> bytes | None:
        # The extension determines the default delimiter.
        if not text.startswith(self._start) or suffix(name) != self._suffix:
            return None
        return blanked(text[len(self._start) :], self._dialect)

    def are_separable(self, text: bytes, ends: Sequence[int]) -> bool:
        quotes = quote_pairs(text, self._dialect)
        return not np.any(np.searchsorted(quotes, ends) % 2)

    def count(self, rows: bytes) -> int:
        return sum(1 for _ in row_starts(rows, self._dialect))
