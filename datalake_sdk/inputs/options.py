"""How an input is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_DELIMITER = ","
UTF_8 = "utf-8"


@dataclass(frozen=True)
class InputOptions:
    """What a user, a table and its configuration say of an input.

    Args:
        input_format: `csv`, `jsonl` or `parquet`; None goes by the file's name, then by its content.
        csv_delimiter: Between the fields of CSV files; files named .tsv have tabs unless another one is given.
        encoding: Of CSV and JSON Lines files, as Python names it.
        null_values: Texts that are null in every column; None takes the usual spellings, among anything but text.
        types: Type in which a column starts, by its normalised name; it widens when the data do not fit.
        declared: Columns of `types` that do not widen: data that do not fit are an error.
    """

    input_format: str | None = None
    csv_delimiter: str = DEFAULT_DELIMITER
    encoding: str = UTF_8
    null_values: tuple[str, ...] | None = None
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
