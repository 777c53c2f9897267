"""Translates parsed queries node by node, by the rules of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import relations_first
from datalake_sdk.sql.function_calls import Rule, unsupported_function
from datalake_sdk.sql.function_catalog import Target
from datalake_sdk.sql.intervals import is_interval
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.times import inherited_facts, localize

NodeRules = Mapping[type[exp.Expr], Callable[[Any], exp.Expr]]
_SYNTAX = (
    exp.And,
    exp.Array,
    exp.Case,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Exists,
    exp.If,
    exp.Localtimestamp,
    exp.Or,
)
"""Syntax that sqlglot models as functions and that needs no translation."""
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}


class TypeMismatchError(ValueError):
    """Raised for operands whose types are incompatible on Athena; the message is Athena's."""


@dataclass(frozen=True)
class Translator:
    """Rules of a target.

    Args:
        target: The engine that runs the translated query.
        rules: Functions by node type; they return the replacement of a node whose children are translated.
        local_time: Returns the local time of a time in its zone.
    """

    target: Target
    rules: NodeRules
    local_time: Callable[[exp.Expr], exp.Expr]

    def translate(
        self, tree: exp.Expr, statement: str, unsupported: Callable[[SqlUnsupportedError, exp.Expr], Exception]
    ) -> None:
        """Translates every node; the tree is changed in place.

        Args:
            tree: A query as `AthenaQueries` parses it.
            statement: Its text, for the position of an error; may be empty.
            unsupported: Returns the error to raise for a node without a translation.
        """
        for node in relations_first(tree):
            try:
                localize(node, self.local_time)
                facts = {**_position(node), **inherited_facts(node)}
                replacement = self._translated(node)
            except SqlUnsupportedError as error:
                raise unsupported(error, node) from None
            except TypeMismatchError as error:
                raise _type_mismatch(str(error), node, statement) from error
            replacement.meta.update({**facts, **replacement.meta})
            if replacement is not node:
                node.replace(replacement)

    def _translated(self, node: exp.Expr) -> exp.Expr:
        rule = self.rules.get(type(node))
        if rule is not None:
            return rule(node)
        if isinstance(node, exp.Func) and not isinstance(node, _SYNTAX):
            raise unsupported_function(node.sql_name().lower(), self.target)
        return node


def common_rules(translated_function: Rule) -> NodeRules:
    """Returns the rules that are the same for every target.

    Args:
        translated_function: The target's translation of a call.
    """
    return {
        exp.Anonymous: translated_function,
        exp.Extract: lambda node: translated_function(_extract(node)),
        exp.StrPosition: lambda node: translated_function(call("strpos", node.this, node.args["substr"])),
        exp.Substring: lambda node: translated_function(_substr(node)),
        exp.Trim: lambda node: translated_function(_trim(node)),
    }


def _type_mismatch(reason: str, node: exp.Expr, statement: str) -> QueryFailedError:
    if not statement:
        return QueryFailedError(f"TYPE_MISMATCH: {reason}")
    line, column, excerpt = locate(statement, node)
    return QueryFailedError(f"TYPE_MISMATCH: line {line}:{column}: {reason}\n{excerpt}")


def _position(node: exp.Expr) -> dict[str, Any]:
    """Returns the position of a node in the statement, if the parser recorded it."""
    return {key: value for key, value in node.meta.items() if key == "start"}


def _extract(node: exp.Extract) -> exp.Anonymous:
    if is_interval(node.expression):
        raise SqlUnsupportedError("EXTRACT from an interval")
    return call(node.name, node.expression)


def _substr(node: exp.Substring) -> exp.Anonymous:
    return call("substr", node.this, node.args.get("start"), node.args.get("length"))


def _trim(node: exp.Trim) -> exp.Anonymous:
    return call(_TRIMS.get(node.args.get("position") or "", "trim"), node.this, node.expression)
