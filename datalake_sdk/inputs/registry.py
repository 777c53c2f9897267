"""The input formats: a new one is a module that implements `TextFile` or `TypedFile`, and a line here."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.inputs.avro.container import MAGIC as AVRO_MAGIC
from datalake_sdk.inputs.avro.reader import AvroFile
from datalake_sdk.inputs.csv.reader import csv_file
from datalake_sdk.inputs.excel.reader import excel_file
from datalake_sdk.inputs.excel.sheets import MAGIC as EXCEL_MAGIC
from datalake_sdk.inputs.fixed_width import fixed_width_file
from datalake_sdk.inputs.formats import InputFormat, TextFormat, TypedFormat
from datalake_sdk.inputs.json.reader import json_file
from datalake_sdk.inputs.options import CSV, EXCEL, FIXED_WIDTH, JSON
from datalake_sdk.inputs.orc import OrcFile
from datalake_sdk.inputs.parquet import ParquetFile

FORMATS: Sequence[InputFormat] = (
    TextFormat(CSV, (".csv", ".tsv", ".txt"), csv_file),
    TextFormat(JSON, (".json", ".jsonl", ".ndjson"), json_file),
    TypedFormat("parquet", (".parquet",), ParquetFile, magic=(b"PAR1",)),
    TypedFormat("orc", (".orc",), OrcFile, magic=(b"ORC",)),
    TypedFormat("avro", (".avro",), AvroFile, magic=(AVRO_MAGIC,)),
    TextFormat(EXCEL, (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), excel_file, magic=EXCEL_MAGIC),
    TextFormat(FIXED_WIDTH, (".fwf",), fixed_width_file),
)
