"""Templates of Spark expressions with placeholders for arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.dialects.spark import Spark
from sqlglot.parsers.spark import SparkParser

_PARAMETERS = "abcd"


class SparkTemplates(Spark):
    """Spark's expressions; every function keeps its name."""

    class Parser(SparkParser):
        """Parses every function as a plain call: sqlglot must not translate it."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: SparkParser.FUNCTION_PARSERS[name] for name in ("CAST", "TRY_CAST")
        }


def expanded(template: str, *arguments: exp.Expr) -> exp.Expr:
    """Returns the expression of a template, with the arguments in place of `:a`, `:b` and so on."""
    tree = exp.Paren(this=_parsed(template).copy())
    values = dict(zip(_PARAMETERS, arguments, strict=False))
    for parameter in list(tree.find_all(exp.Placeholder)):
        parameter.replace(_parenthesized(values[parameter.name].copy()))
    inner: exp.Expr = tree.this
    return tree if isinstance(inner, exp.Binary | exp.Unary | exp.Between) else inner.pop()


def parameter_count(template: str) -> int:
    """Returns the number of arguments that a template takes."""
    return len(set(re.findall(rf":[{_PARAMETERS}]\b", template)))


def spark_sql(tree: exp.Expr) -> str:
    """Returns the SQL of a translated query."""
    return tree.sql("spark", identify=True, unsupported_level=ErrorLevel.RAISE)


@cache
def _parsed(template: str) -> exp.Expr:
    return sqlglot.parse_one(template, read=SparkTemplates)


def _parenthesized(argument: exp.Expr) -> exp.Expr:
    needs_parentheses = isinstance(argument, exp.Binary | exp.Unary | exp.Between | exp.In | exp.Is)
    return exp.Paren(this=argument) if needs_parentheses and not isinstance(argument, exp.Paren | exp.Dot) else argument
