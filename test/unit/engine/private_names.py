"""Finds the uses of private names of pyiceberg in the package."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pyiceberg

PACKAGE = Path(import_module("datalake_sdk").__file__ or "").parent
_SUBCLASSES_OF_DBT = PACKAGE / "dbt_adapter"
"""dbt is not installed beside the SDK, so the bases of these classes cannot be inspected."""


class Use(NamedTuple):
    """A private name and where it is used."""

    file: str
    line: int
    name: str


@cache
def private_uses() -> tuple[Use, ...]:
    """Every use in the package, in order."""
    return tuple(sorted(use for path in PACKAGE.rglob("*.py") for use in _uses(path)))


def _uses(path: Path) -> Iterator[Use]:
    tree, file = ast.parse(path.read_text()), str(path.relative_to(PACKAGE))
    for line, name in (*_imported(tree), *_accessed(tree), *_patched(tree), *_inherited(tree, path)):
        yield Use(file, line, name)


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node, name in _pyiceberg_imports(tree):
        yield from ((node.lineno, part) for part in name.split(".") if _is_private(part))


def _accessed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Attributes of objects other than `self` whose names are private members in pyiceberg."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _private_members() and not _is_self(node.value):
            yield node.lineno, node.attr


def _patched(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Assignments to attributes of classes and modules of pyiceberg."""
    imported = {name.rpartition(".")[2] for _, name in _pyiceberg_imports(tree)}
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in imported:
                yield node.lineno, f"{target.value.id}.{target.attr}"


def _inherited(tree: ast.Module, path: Path) -> Iterator[tuple[int, str]]:
    """Private members of pyiceberg's classes that a subclass overrides, or reads through `self`."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases and not path.is_relative_to(_SUBCLASSES_OF_DBT):
            names = _private_names_of_bases(path, node.name)
            for child in ast.walk(node):
                if isinstance(child, ast.Attribute) and _is_self(child.value) and child.attr in names:
                    yield child.lineno, child.attr
                if isinstance(child, ast.FunctionDef) and child.name in names:
                    yield child.lineno, child.name
                if isinstance(child, ast.Assign):
                    targets = [target.id for target in child.targets if isinstance(target, ast.Name)]
                    yield from ((child.lineno, name) for name in targets if name in names)


def _private_names_of_bases(path: Path, class_name: str) -> set[str]:
    module = import_module(".".join(("datalake_sdk", *path.relative_to(PACKAGE).with_suffix("").parts)))
    bases = [base for base in inspect.getmro(getattr(module, class_name)) if base.__module__.startswith("pyiceberg.")]
    sources = {base: inspect.getsource(import_module(base.__module__)) for base in bases}
    return {name for base, source in sources.items() for name in _members(ast.parse(source), base)}


def _members(module: ast.Module, base: type) -> Iterator[str]:
    definitions = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == base.__name__)
    for node in (child for definition in definitions for child in ast.walk(definition)):
        if isinstance(node, ast.FunctionDef) and _is_private(node.name):
            yield node.name
        elif isinstance(node, ast.Attribute) and _is_self(node.value) and _is_private(node.attr):
            yield node.attr


@cache
def _private_members() -> frozenset[str]:
    modules = (ast.parse(path.read_text()) for path in Path(pyiceberg.__file__).parent.rglob("*.py"))
    nodes = [node for module in modules for node in ast.walk(module)]
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return frozenset(filter(_is_private, functions | attributes))


def _pyiceberg_imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pyiceberg":
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name.split(".")[0] == "pyiceberg")


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")
