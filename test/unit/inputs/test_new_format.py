"""A new format requires only a module and a line in the registry."""

from __future__ import annotations

import gzip
import json
import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.main import cli
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parts import Part, TextParts, TypedParts, typed_parts
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.registry import MODULES, input_formats
from test.unit.inputs.formats.integers import MAGIC

KEY_VALUES = "id=1 city=Lyon\nid=2 city=Nice\nid=NA at=2024-07-01\n"
KEY_VALUE_ROWS = [
    {"id": None, "city": None, "at": "2024-07-01"},
    {"id": 1, "city": "Lyon", "at": None},
    {"id": 2, "city": "Nice", "at": None},
]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODULES, "key-value", "test.unit.inputs.formats.key_value")
    monkeypatch.setitem(MODULES, "integers", "test.unit.inputs.formats.integers")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--local", str(folder / "lake"), *arguments])


def ingest(path: Path, *options: str) -> Result:
    table = ("--database-name", "d", "--table-name", "t", "--ingestion-mode", "append")
    return run(path.parent, "ingest", *table, "--input-file-path", str(path), *options)


def rows(folder: Path, order: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        run(folder, "query", f"SELECT * FROM dev_d.t ORDER BY {order}", "--format", "json").stdout
    )
    return found


@pytest.mark.parametrize("name", ["a.kv", "a.kv.gz", "a"])
def test_a_registered_text_format_is_recognized_and_ingested(tmp_path, name):
    data = KEY_VALUES.encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert ingest(path).exit_code == 0
    assert rows(tmp_path, "id NULLS FIRST") == KEY_VALUE_ROWS


@pytest.mark.parametrize("name", ["a.ints", "a"])
def test_a_registered_typed_format_is_recognized_and_ingested(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(MAGIC + np.arange(25, dtype="<i8").tobytes())
    assert ingest(path).exit_code == 0
    assert rows(tmp_path, "n") == [{"n": n} for n in range(25)]


def test_the_command_line_accepts_the_options_that_a_registered_format_declares(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("id=1 city=Besançon\nid=2 city=--\n".encode("latin-1"))
    assert ingest(path, "--input-format", "key-value", "--encoding", "latin-1").exit_code == 0
    assert rows(tmp_path, "id") == [{"id": 1, "city": "Besançon"}, {"id": 2, "city": "--"}]


def test_the_command_line_rejects_other_options_and_lists_registered_formats(tmp_path):
    path = tmp_path / "a.kv"
    path.write_text(KEY_VALUES, encoding="utf-8")
    inapplicable = ingest(path, "--sheet", "first")
    assert inapplicable.exit_code == 2
    assert "key-value" in inapplicable.stderr
    unknown = ingest(path, "--input-format", "key-values")
    assert unknown.exit_code == 2
    assert "key-value, integers" in unknown.stderr


def test_a_registered_text_format_is_split_for_spark(tmp_path):
    path = tmp_path / "a.kv"
    path.write_text("".join(f"n={n}\n" for n in range(100)), encoding="utf-8")
    text = pickle.loads(pickle.dumps(TextParts(input_formats()["key-value"], InputOptions(), input_files, 64, 64)))
    parts = text.split(Part(str(path), 0, None, path.stat().st_size))
    columns = text.columns(parts, [text.infer(part) for part in parts])
    assert len(parts) == 5
    read = pa.Table.from_batches([batch for part in parts for batch in text.batches(columns, part)])
    assert read.to_pydict() == {"n": list(range(100))}


def test_a_registered_typed_format_is_split_for_spark(tmp_path):
    path = tmp_path / "a.ints"
    path.write_bytes(MAGIC + np.arange(100, dtype="<i8").tobytes())
    integers = input_formats()["integers"]
    files = [integers.open(file) for file in input_files(str(path))]
    parts = typed_parts(files, part_size=200)
    read = pickle.loads(pickle.dumps(TypedParts(integers, files[0].schema, InputOptions(), input_files)))
    assert len(parts) == 5
    table = pa.Table.from_batches([batch for part in parts for batch in read.batches(part)])
    assert table.to_pydict() == {"n": list(range(100))}


def test_every_format_declares_options_that_exist():
    known = {option.name for option in fields(InputOptions)}
    assert all(known.issuperset(each.options) for each in input_formats().values())


def test_every_option_applies_to_a_format():
    common = {"input_format", "types", "declared"}
    accepted = common.union(*(each.options for each in input_formats().values()))
    assert {option.name for option in fields(InputOptions)} == accepted
