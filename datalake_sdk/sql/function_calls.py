"""Calls of Athena's functions: their number of arguments, and their translation by the rules of a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from datalake_sdk.errors import FunctionArgumentsError, SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_catalog import Target, athena_functions, unsupported_reason
from datalake_sdk.sql.positions import locate

Rule = Callable[[exp.Anonymous], exp.Expr]
"""Translates a call; its arguments are already translated, and the target supports their number."""


def check_argument_counts(tree: exp.Expr, statement: str) -> None:
    """Checks that the number of arguments of each call matches a signature of the function.

    Args:
        tree: A parsed query.
        statement: Its text, for the position of an error.

    Raises:
        FunctionArgumentsError: A call has too few or too many arguments.
    """
    for node in tree.find_all(exp.Anonymous):
        function, count = athena_functions().get(node.name.lower()), argument_count(node)
        if function is not None and not function.accepts(count):
            raise FunctionArgumentsError(function.name, function.arity, count, function.calls, *locate(statement, node))


def translated_call(node: exp.Anonymous, target: Target, rules: Mapping[str, Rule]) -> exp.Expr:
    """Translates a call by the target's rule for the function.

    Args:
        node: A call whose arguments are translated already.
        target: The engine that the result is for.
        rules: The target's rules by name of the function.

    Raises:
        SqlUnsupportedError: The target does not support the function or this number of arguments.
    """
    name, count = node.name.lower(), argument_count(node)
    if name not in rules:
        raise unsupported_function(name, target)
    if reason := athena_functions()[name].unsupported_reason(target, count):
        raise SqlUnsupportedError(f"{name}() with {count} arguments", _sentence(reason))
    return rules[name](node)


def unsupported_function(name: str, target: Target) -> SqlUnsupportedError:
    """Returns the error for an unsupported function, with the reason."""
    return SqlUnsupportedError(f"function {name}()", _sentence(unsupported_reason(name, target)))


def argument_count(node: exp.Anonymous) -> int:
    """Returns the number of arguments, without the sort keys of ORDER BY."""
    arguments = [argument.this if isinstance(argument, exp.Order) else argument for argument in node.expressions]
    return sum(len(each.expressions) if isinstance(each, exp.Distinct) else 1 for each in arguments)


def unchanged(names: Iterable[str]) -> dict[str, Rule]:
    """Returns rules for functions with the same name in the target."""
    return dict.fromkeys(names, lambda node: call(node.name.lower(), *node.expressions))


def renamed(names: Mapping[str, str]) -> dict[str, Rule]:
    """Returns rules for functions with a different name in the target."""
    return dict.fromkeys(names, lambda node: call(names[node.name.lower()], *node.expressions))


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
