from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from datalake_sdk.cli.imports import import_libraries
import_libraries()

import pydantic
import pyiceberg.table.metadata
assert "pyparsing" not in sys.modules
assert "strictyaml.parser" not in sys.modules
assert "pyarrow.vendored.docscrape" not in sys.modules
assert not pyiceberg.table.metadata.TableMetadataV2.__pydantic_complete__

import pyarrow as pa
import pyarrow.compute as pc
import pyiceberg.table
import pyiceberg.utils.config as config
assert str(pyiceberg.table.parser.parse("id > 1")) == "GreaterThan(term=Reference(name='id'), literal=LongLiteral(1))"
assert config.strictyaml.load("key: value").data == {"key": "value"}
assert pc.round(pa.scalar(1.26), ndigits=1).as_py() == 1.3

class Model(pydantic.BaseModel):
    field: int

assert Model.__pydantic_complete__
"""


def test_parts_of_libraries_are_imported_when_they_are_used():
    finished = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
