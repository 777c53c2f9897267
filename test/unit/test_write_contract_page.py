"""The tables in the write contract: rows before a write, rows of the batch, rows after it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.test_task.lake import TestLake

EXAMPLE = re.compile(
    r"```yaml\n(?P<output>output_tables:.*?)```\n\n(```python\n(?P<call>.*?)```\n\n)?(?P<table>(\|[^\n]*\n)+)",
    re.DOTALL,
)
PAGE = Path(__file__).parents[2] / "doc_resources" / "write-contract.md"
EXAMPLES = list(EXAMPLE.finditer(PAGE.read_text(encoding="utf-8")))
TABLE = "shop.orders"


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: "-".join(re.findall(r"\w+(?=[,}])", example["output"]))
)
def test_a_write_leaves_the_rows_shown_in_the_write_contract(example, tmp_path):
    output = yaml.safe_load(example["output"])["output_tables"][TABLE]
    rows = rows_by_column(example["table"])
    if before := rows.get("before"):
        partitions = {"partition_keys": output.get("partition_keys", [])}
        job(tmp_path, partitions).ingest(TABLE, pa.Table.from_pylist(before))
    batch = pa.Table.from_pylist(rows["in the batch"])
    call = example["call"] or f"job.ingest('{TABLE}', batch)"
    exec(call, {"job": job(tmp_path, output), "batch": batch, "orders_of_january": batch})
    assert sorted(TestLake(tmp_path).rows(TABLE), key=str) == sorted(rows["after"], key=str)


def test_the_write_contract_shows_every_mode():
    outputs = " ".join(example["output"] for example in EXAMPLES)
    assert {"append", "overwrite", "overwrite_partitions", "upsert"} <= set(
        re.findall(r"ingestion_mode: (\w+)", outputs)
    )


def job(root: Path, output: dict[str, object]) -> NativePythonProcessingWrapper:
    return NativePythonProcessingWrapper(local_root=root, output_tables={TABLE: output})


def rows_by_column(table: str) -> dict[str, list[dict[str, object]]]:
    """Returns the rows in each column of a table, by the title of the column."""
    head, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
    found: dict[str, list[dict[str, object]]] = {}
    for position, title in enumerate(head):
        names = re.findall(r"`(\w+)`", title)
        cells = [line[position] for line in lines if line[position]]
        found[title.split(":")[0]] = [dict(zip(names, map(value, cell.split(", ")), strict=True)) for cell in cells]
    return found


def value(text: str) -> object:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return int(text) if text.isdigit() else {"null": None, "true": True, "false": False}.get(text, text)
