"""The same rows in a file of each input format."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

ROWS = [{"id": 1, "city": "Lyon"}, {"id": 2, "city": None}, {"id": 2**40, "city": "Besançon"}]
SCHEMA = pa.schema([("id", pa.int64()), ("city", pa.string())])


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS, SCHEMA), out, row_group_size=1)
    return out.getvalue()


def _orc() -> bytes:
    out = io.BytesIO()
    orc.write_table(pa.Table.from_pylist(ROWS, SCHEMA), out)
    return out.getvalue()


def _avro() -> bytes:
    out = io.BytesIO()
    fields = [{"name": "id", "type": "long"}, {"name": "city", "type": ["null", "string"]}]
    fastavro.writer(out, {"type": "record", "name": "row", "fields": fields}, ROWS, codec="deflate", sync_interval=1)
    return out.getvalue()


def _excel() -> bytes:
    out, book = io.BytesIO(), openpyxl.Workbook()
    for row in (SCHEMA.names, *(list(row.values()) for row in ROWS)):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


FILES: dict[str, bytes] = {
    "a.csv": b"id,city\n" + "".join(f"{row['id']},{row['city'] or ''}\n" for row in ROWS).encode(),
    "a.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
    "a.json": json.dumps(ROWS, indent=2).encode(),
    "a.parquet": _parquet(),
    "a.orc": _orc(),
    "a.avro": _avro(),
    "a.xlsx": _excel(),
    "a.fwf": b"id            city\n" + "".join(f"{row['id']:>13} {row['city'] or ''}\n" for row in ROWS).encode(),
}


def options_of(name: str) -> dict[str, Any]:
    """Options required to read the file."""
    return {"widths": ("13", "15-22")} if name.endswith(".fwf") else {}
