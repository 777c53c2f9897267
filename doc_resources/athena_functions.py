"""Writes `athena-functions.md`: which of Athena's functions run on the embedded lake and on Spark, from the code."""

from __future__ import annotations

from pathlib import Path

from datalake_sdk.sql.duckdb import functions as local
from datalake_sdk.sql.function_catalog import FUNCTIONS, SYNTAX_FUNCTIONS, refusal_reason
from datalake_sdk.sql.spark import functions as spark

PAGE = Path(__file__).parent / "athena-functions.md"
_INTRODUCTION = """\
# Athena's functions

Written by `make docs` from the code. On AWS, Athena itself runs every query. The embedded lake (DuckDB) and Spark run
a function only where its results are Athena's; any other is refused before the query runs, with the reason below.
"yes" means that the function is supported; some of its argument forms may still be refused.
"""
_HEAD = "| function | embedded lake | Spark |\n|---|---|---|\n"
_SUPPORTED = "yes"


def page() -> str:
    """The whole page."""
    sections = [f"## {family}\n\n{_HEAD}{''.join(_row(name) for name in _names(family))}" for family in FUNCTIONS]
    return "\n".join([_INTRODUCTION, _summary(), *sections])


def _summary() -> str:
    total = sum(len(_names(family)) for family in FUNCTIONS)
    rows = [
        f"| {family} | {len(_names(family))} | {_count(family, _local())} | {_count(family, _spark())} |\n"
        for family in FUNCTIONS
    ]
    counts = [sum(_count(family, engine) for family in FUNCTIONS) for engine in (_local(), _spark())]
    head = "| family | functions | embedded lake | Spark |\n|---|---|---|---|\n"
    return f"{head}{''.join(rows)}| **all** | **{total}** | **{counts[0]}** | **{counts[1]}** |\n"


def _names(family: str) -> list[str]:
    return sorted(FUNCTIONS[family].split())


def _count(family: str, supported: frozenset[str]) -> int:
    return len(supported.intersection(_names(family)))


def _row(name: str) -> str:
    cells = [_SUPPORTED if name in engine else refusal_reason(name) for engine in (_local(), _spark())]
    return f"| `{name}` | {cells[0]} | {cells[1]} |\n"


def _local() -> frozenset[str]:
    return local.supported_functions() | SYNTAX_FUNCTIONS


def _spark() -> frozenset[str]:
    return spark.supported_functions() | SYNTAX_FUNCTIONS


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
