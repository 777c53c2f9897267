"""The input formats. To add one, write a module with a `FORMAT` and add a line to `MODULES`."""

from __future__ import annotations

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
"""Module of each format, by the format's name. The first format is assumed for text that no other format recognizes."""


def input_formats() -> dict[str, InputFormat]:
    """Imports the modules of the formats, lazily: the command line's help does not need them."""
    return {name: import_module(module).FORMAT for name, module in MODULES.items()}
