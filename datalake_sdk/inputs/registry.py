"""The input formats. To add one, write a module with a `FORMAT` and add a line to `MODULES`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalake_sdk.inputs.formats import InputFormat

MODULES = {
    "csv": "datalake_sdk.inputs.csv.reader",
    "json": "datalake_sdk.inputs.json.reader",
    "parquet": "datalake_sdk.inputs.parquet",
    "orc": "datalake_sdk.inputs.orc",
    "avro": "datalake_sdk.inputs.avro.reader",
    "excel": "datalake_sdk.inputs.excel.reader",
    "fixed-width": "datalake_sdk.inputs.fixed_width",
}
"""Module of each format, by the format's name. The first format is assumed for text that no other format recognizes.

The formats are searched for a file extension in this order, so a frequent format is found without importing others.
"""


def input_formats() -> Mapping[str, InputFormat]:
    """Returns the formats by name; the module of a format is imported when the format is looked up."""
    return _Formats()


class _Formats(Mapping[str, "InputFormat"]):
    def __getitem__(self, name: str) -> InputFormat:
        input_format: InputFormat = import_module(MODULES[name]).FORMAT
        return input_format

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)
