"""`.ci/locked_requirements.py` prints the packages of the given extras and dependency groups."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / ".ci/locked_requirements.py"


def names(*arguments: str) -> set[str]:
    ran = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return {line.partition("==")[0] for line in ran.stdout.splitlines()}


@pytest.mark.parametrize(
    ("arguments", "included", "excluded"),
    [
        ((), {"duckdb", "click"}, {"boto3", "jinja2", "zensical"}),
        (("aws",), {"duckdb", "boto3"}, {"jinja2", "zensical"}),
        (("docs",), {"duckdb", "click", "jinja2", "zensical"}, {"boto3"}),
        (("ui", "docs"), {"jinja2", "starlette", "zensical"}, {"boto3"}),
    ],
)
def test_packages_of_other_extras_and_groups_are_left_out(arguments, included, excluded):
    found = names(*arguments)
    assert included <= found
    assert not excluded & found
