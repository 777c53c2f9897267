from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from datalake_sdk.cli.imports import import_libraries
import_libraries()

import pydantic
import pydantic.plugin._loader
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
assert pydantic.plugin._loader._plugins is None
"""
QUIET_PROGRAM = """
import gc, os
from datalake_sdk.cli.imports import import_libraries
import_libraries()
assert gc.isenabled()
assert gc.get_freeze_count() > 50_000
assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
"""
DATACLASSES_PROGRAM = """
import dataclasses
from datalake_sdk.cli.imports import import_libraries
import_libraries()

def of_module(module, name, bases, fields, **options):
    values = {name: value for name, (_, value) in fields.items() if value}
    types = {name: type for name, (type, _) in fields.items()}
    attributes = {"__module__": module, "__annotations__": types, **values}
    return dataclasses.dataclass(type(name, bases, attributes), **options)

def parent(**options):
    return of_module("datalake_sdk.example", "Parent", (), {"a": (int, None)}, **options)

def child(base, **options):
    field = dataclasses.field(default_factory=list, compare=False)
    return of_module("datalake_sdk.example", "Child", (base,), {"b": (list, field)}, **options)

deferring = hasattr(dataclasses, "_FuncBuilder")  # Python 3.13
assert (parent(frozen=True).__init__.__name__ == "placeholder") == deferring

for slots in (False, True):
    Parent = parent(frozen=True, order=True, slots=slots)
    Child = child(Parent, frozen=True, order=True, slots=slots)
    value, other = Child(1, [2]), Child(1)
    assert Child.__init__.__name__ == "__init__"
    assert (value, hash(value), repr(value)) == (other, hash(other), "Child(a=1, b=[2])")
    assert Child(1) < Child(2) and Child(2) >= Child(1) and Child(1) != Parent(1) and Parent(1) == Parent(1)
    assert dataclasses.replace(value, a=3) == Child(3) and dataclasses.asdict(value) == {"a": 1, "b": [2]}
    for change in (lambda: setattr(value, "a", 2), lambda: delattr(value, "a")):
        try:
            change()
        except dataclasses.FrozenInstanceError as error:
            assert "'a'" in str(error)
        else:
            raise AssertionError
    try:
        Child()
    except TypeError as error:
        assert str(error) == "Child.__init__() missing 1 required positional argument: 'a'"

class Described(parent()):
    def __repr__(self):
        return "own"

Described = dataclasses.dataclass(Described)
assert repr(Described(1)) == "own" and repr(parent()(1)) == "Parent(a=1)"
assert Described(1) == Described(1) and Described.__hash__ is None
assert of_module("task", "User", (), {"a": (int, None)}).__init__.__name__ == "__init__"
"""
DISABLED_PROGRAM = """
import gc
from datalake_sdk.cli.imports import import_libraries
gc.disable()
import_libraries()
assert not gc.isenabled()
"""
VARIABLES = ("OPENBLAS_NUM_THREADS", "PYDANTIC_DISABLE_PLUGINS")


@pytest.mark.parametrize(
    "program",
    [PROGRAM, QUIET_PROGRAM, DISABLED_PROGRAM, DATACLASSES_PROGRAM],
    ids=["parts of libraries", "collections", "disabled collections", "dataclasses"],
)
def test_libraries_are_imported_without_what_commands_do_not_need(program: str):
    environment = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert finished.returncode == 0, finished.stderr
