"""The header row of a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from datalake_sdk.errors import EmptyInputError, RepeatedColumnError, WrongDelimiterError
from datalake_sdk.inputs.csv.dialect import Dialect
from datalake_sdk.inputs.csv.rows import row_starts
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.naming import normalized_column_name

_USUAL_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class CsvHeader:
    """The column names in order, and the position of the first row in the text."""

    names: tuple[str, ...]
    end: int


def read_header(name: str, first: Block | None, dialect: Dialect) -> CsvHeader:
    """Reads the first row that is not blank; columns without a valid name are named by position.

    Args:
        name: Name of the file, for messages.
        first: Beginning of the file, valid UTF-8 without comments; None if the file is empty.
        dialect: Dialect of the text.

    Raises:
        EmptyInputError: The file has no rows.
        WrongDelimiterError: The header is a single column that contains another common delimiter.
        RepeatedColumnError: Two columns have the same name.
    """
    starts = list(islice(row_starts(first.rows, dialect), 2)) if first else []
    if first is None or not starts:
        raise EmptyInputError(name)
    end = starts[1] if len(starts) > 1 else first.size
    header = first.data[starts[0] : end].decode()
    row = _fields(header, dialect)
    if len(row) == 1:
        _check_delimiter(name, header, dialect)
    names = tuple(
        column if normalized_column_name(column) else f"column_{position}"
        for position, column in enumerate(row, start=1)
    )
    column, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise RepeatedColumnError(f"input '{name}'", column)
    return CsvHeader(names, first.offset + end)


def _fields(header: str, dialect: Dialect) -> list[str]:
    reader = csv.reader(
        io.StringIO(header, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
    )
    return next(reader)


def _check_delimiter(name: str, header: str, dialect: Dialect) -> None:
    """Ignores delimiters inside quotes: a quoted header may be a single column that contains them."""
    outside = re.sub(re.escape(dialect.quote) + r"[\s\S]*?" + re.escape(dialect.quote), "", header)
    likely = max(_USUAL_DELIMITERS, key=outside.count)
    if likely in outside:
        raise WrongDelimiterError(name, dialect.delimiter, likely)
