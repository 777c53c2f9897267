"""Every environment variable that the package reads is documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import datalake_sdk
from datalake_sdk.ingestion_api.functions import REQUIRED_VARIABLES
from datalake_sdk.runtime.environment import SET_BY
from doc_resources import environment_variables

PACKAGE = Path(datalake_sdk.__file__).parent
MAPPINGS = ("os.environ", "variables")
COMPUTED = {
    "cli/source_arguments.py": "the variable that the user names",
    "dbt_adapter/credentials.py": "names passed to _variable, tested as those of the wrappers",
    "ingestion_api/functions.py": "names in REQUIRED_VARIABLES",
    "operations/run_in_image/__init__.py": "secrets of a task",
    "operations/run_in_image/package_index.py": "options of pip",
    "operations/task_secrets.py": "secrets of a task",
    "platforms/aws/published_tasks.py": "variables of another task",
    "platforms/aws/session.py": "variables of boto3",
    "runtime/environment.py": "names in SET_BY",
}
"""Files that read variables whose names are not in their source, and which these are."""


def test_the_page_is_current():
    page = environment_variables.PAGE.read_text(encoding="utf-8")
    assert page == environment_variables.page(), "run `make docs`"


def test_every_variable_that_is_read_is_documented():
    read = {
        **dict.fromkeys((*SET_BY, *REQUIRED_VARIABLES), "declared"),
        **dict.fromkeys(environment_variables.option_variables(), "cli"),
    }
    computed = set()
    for file in PACKAGE.rglob("*.py"):
        for name in reads(ast.parse(file.read_text(encoding="utf-8"))):
            place = file.relative_to(PACKAGE).as_posix()
            if name is None:
                computed.add(place)
            else:
                read[name] = place
    documented = environment_variables.documented()
    assert {
        name: place for name, place in read.items() if not any(fnmatchcase(name, each) for each in documented)
    } == {}
    assert computed == set(COMPUTED)


def reads(tree: ast.Module) -> Iterator[str | None]:
    """Yields the name of each variable that a module reads; None if it is computed."""
    names, module = iterated(tree), constants(tree)
    for node in ast.walk(tree):
        if (key := key_of(node)) is not None:
            yield from resolved(key, names, module)


def key_of(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.Subscript(value=mapping, slice=key, ctx=ast.Load()) if ast.unparse(mapping) in MAPPINGS:
            return key
        case ast.Call(func=ast.Attribute(value=mapping, attr="get" | "setdefault"), args=[key, *_]):
            return key if ast.unparse(mapping) in MAPPINGS else None
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[mapping]):
            return key if ast.unparse(mapping) in MAPPINGS else None
    return None


def resolved(key: ast.expr, names: dict[ast.AST, list[str]], module: dict[str, list[str]]) -> list[str | None]:
    match key:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.Name(id=name):
            return [*(names.get(key) or module.get(name) or CONSTANTS.get(name) or [None])]
    return [None]


def iterated(tree: ast.Module) -> dict[ast.AST, list[str]]:
    """Strings that a name in a comprehension takes."""
    return {
        name: strings(loop.iter)
        for comprehension in ast.walk(tree)
        for loop in getattr(comprehension, "generators", ())
        for name in ast.walk(comprehension)
        if isinstance(name, ast.Name) and name.id == ast.unparse(loop.target)
    }


def constants(tree: ast.Module) -> dict[str, list[str]]:
    """Strings assigned to the constants of a module."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): strings(node.value) for node in assigned}


def strings(node: ast.expr) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


CONSTANTS = {
    name: values
    for file in (PACKAGE / "runtime/environment.py", PACKAGE / "parallel.py")
    for name, values in constants(ast.parse(file.read_text(encoding="utf-8"))).items()
}
