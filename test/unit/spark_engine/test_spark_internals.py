"""Fails if pyspark or py4j changes a private attribute that `spark_internals` uses, or if another module uses one."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import py4j.java_gateway
import py4j.protocol
import pyspark.java_gateway
import pytest
from pyspark import SparkContext

import datalake_sdk

PACKAGE = Path(datalake_sdk.__file__).parent
INTERNALS = PACKAGE / "spark_engine" / "spark_internals.py"
MODULES = sorted(
    path for folder in ("spark_engine", "sql") for path in (PACKAGE / folder).rglob("*.py") if path != INTERNALS
)


@pytest.mark.parametrize("name", ["_active_spark_context", "_gateway"])
def test_a_spark_context_has_class_attributes_that_are_none_before_it_starts(name):
    assert name in vars(SparkContext)
    assert f"{name}: ClassVar[Optional[" in inspect.getsource(SparkContext)


def test_a_spark_context_connects_to_java_without_arguments():
    parameters = inspect.signature(SparkContext._ensure_initialized).parameters
    assert all(parameter.default is None for parameter in parameters.values())


def test_java_is_launched_with_settings_and_options_of_popen():
    assert list(inspect.signature(pyspark.java_gateway.launch_gateway).parameters) == ["conf", "popen_kwargs"]


def test_py4j_addresses_static_methods_with_a_prefix():
    parameters = list(inspect.signature(py4j.java_gateway.JavaMember).parameters)
    assert parameters[:4] == ["name", "container", "target_id", "gateway_client"]
    assert py4j.protocol.STATIC_PREFIX == "z:"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_one_module_uses_private_attributes_of_spark(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_private(node)] == []


def is_private(node: ast.Attribute) -> bool:
    owner = node.value.func if isinstance(node.value, ast.Call) else node.value
    is_own = isinstance(owner, ast.Name) and owner.id in ("self", "cls", "super")
    return node.attr.startswith("_") and not node.attr.startswith("__") and not is_own
