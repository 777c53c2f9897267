"""The header row of a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from datalake_sdk.errors import EmptyInputError, RepeatedColumnError, WrongDelimiterError
from datalake_sdk.inputs.blocks import Block
from datalake_sdk.inputs.csv_rows import row_starts

_USUAL_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class CsvHeader:
    """Names of the columns, in order, and the position in the text where the rows begin."""

    names: tuple[str, ...]
    end: int


def read_header(name: str, first: Block | None, delimiter: str) -> CsvHeader:
    """Reads the first row that is not blank; columns without a name are called by their position.

    Args:
        name: The file, for messages.
        first: Beginning of the file, valid UTF-8; None where the file is empty.
        delimiter: Between the names.

    Raises:
        EmptyInputError: There is no row.
        WrongDelimiterError: There is one column only, and the header holds another usual delimiter.
        RepeatedColumnError: Two columns have one name.
    """
    starts = list(islice(row_starts(first.rows, delimiter), 2)) if first else []
    if first is None or not starts:
        raise EmptyInputError(name)
    end = starts[1] if len(starts) > 1 else first.size
    header = first.data[starts[0] : end].decode()
    row = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter))
    if len(row) == 1:
        _check_delimiter(name, header, delimiter)
    names = tuple(column or f"column_{position}" for position, column in enumerate(row, start=1))
    column, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise RepeatedColumnError(f"input '{name}'", column)
    return CsvHeader(names, first.offset + end)


def _check_delimiter(name: str, header: str, delimiter: str) -> None:
    likely = max(_USUAL_DELIMITERS, key=header.count)
    if likely in header and '"' not in header:
        raise WrongDelimiterError(name, delimiter, likely)
