"""Translates functions with lambdas, which DuckDB's macros do not accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import Rule

_NOT_A_PARAMETER = (exp.Alias, exp.Column, exp.ColumnDef, exp.Table, exp.TableAlias)
"""Parents whose identifiers are never lambda parameters."""


def applied(function: exp.Expr, *arguments: exp.Expr) -> exp.Expr:
    """Returns the body of a lambda with its parameters replaced by arguments.

    Args:
        function: The lambda.
        arguments: One per parameter; copied for each use.

    Raises:
        SqlUnsupportedError: It is not a lambda, or has a different number of parameters.
    """
    if not isinstance(function, exp.Lambda) or len(function.expressions) != len(arguments):
        raise SqlUnsupportedError(f"'{function.sql('trino')}' in place of a lambda with {len(arguments)} parameters")
    names = [parameter.name.lower() for parameter in function.expressions]
    root = exp.Paren(this=function.this.copy())
    for use in list(_uses(root.this, dict(zip(names, arguments, strict=True)))):
        use[0].replace(use[1].copy())
    return root


def _uses(node: exp.Expr, values: Mapping[str, exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    if isinstance(node, exp.Lambda):
        hidden = {parameter.name.lower() for parameter in node.expressions}
        values = {name: value for name, value in values.items() if name not in hidden}
        yield from _uses(node.this, values)
        return
    if isinstance(node, exp.Identifier):
        if node.name.lower() in values and not _is_name(node):
            yield node, values[node.name.lower()]
        return
    for child in node.iter_expressions():
        yield from _uses(child, values)


def _is_name(node: exp.Identifier) -> bool:
    is_field = isinstance(node.parent, exp.Dot) and node.arg_key == "expression"
    return is_field or isinstance(node.parent, _NOT_A_PARAMETER)


def _field(row: exp.Expr, field: str | int) -> exp.Expr:
    literal = exp.Literal.number(field) if isinstance(field, int) else exp.Literal.string(field)
    return call("struct_extract", row, literal)


def _lambda(parameter: exp.Identifier, body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[parameter.copy()])


def _parameter(node: exp.Expr, name: str = "entry") -> exp.Identifier:
    """Returns a parameter name that is unique within the node: its number grows with the size of the node."""
    return exp.to_identifier(f"sdk_{name}_{sum(1 for _ in node.walk())}")


def _of_entries(node: exp.Anonymous, function: exp.Expr) -> tuple[exp.Identifier, exp.Expr, exp.Expr, exp.Expr]:
    """Returns a parameter for a map entry, its key, its value, and the lambda applied to both."""
    entry = _parameter(node)
    key, value = _field(entry, "key"), _field(entry, "value")
    return entry, key, value, applied(function, key, value)


def _map_of(map_or_null: exp.Expr, transform: str, entry: exp.Identifier, body: exp.Expr) -> exp.Expr:
    entries = call(transform, call("map_entries", map_or_null), _lambda(entry, body))
    return call("map_from_entries", entries)


def _entry(key: exp.Expr, value: exp.Expr) -> exp.Expr:
    return call("row", key.copy(), value.copy())


def _map_filter(node: exp.Anonymous) -> exp.Expr:
    source, function = node.expressions
    entry, _, _, condition = _of_entries(node, function)
    return _map_of(source, "list_filter", entry, condition)


def _transform_keys(node: exp.Anonymous) -> exp.Expr:
    source, function = node.expressions
    entry, _, value, changed = _of_entries(node, function)
    return _map_of(source, "list_transform", entry, _entry(changed, value))


def _transform_values(node: exp.Anonymous) -> exp.Expr:
    source, function = node.expressions
    entry, key, _, changed = _of_entries(node, function)
    return _map_of(source, "list_transform", entry, _entry(key, changed))


def _map_zip_with(node: exp.Anonymous) -> exp.Expr:
    first, second, function = node.expressions
    key = _parameter(node)
    values = [call("athena_element_at", each.copy(), key.copy()) for each in (first, second)]
    body = _entry(key, applied(function, key, *values))
    keys = call("sdk_all_keys", first, second)
    return call("map_from_entries", call("list_transform", keys, _lambda(key, body)))


def _zip_with(node: exp.Anonymous) -> exp.Expr:
    first, second, function = node.expressions
    pair = _parameter(node)
    body = applied(function, _field(pair, 1), _field(pair, 2))
    return call("list_transform", call("athena_zip", first, second), _lambda(pair, body))


def _array_sort(node: exp.Anonymous) -> exp.Expr:
    """Sorts by a comparator: the rank of an element is the number of elements that precede it, ties in input order."""
    array, *comparators = node.expressions
    if not comparators:
        return call("list_sort", array)
    index, other, pair = (_parameter(node, name) for name in ("index", "other", "pair"))
    order = applied(comparators[0], *(call("list_extract", array.copy(), each.copy()) for each in (other, index)))
    half = exp.Case(ifs=[exp.If(this=exp.LT(this=other.copy(), expression=index.copy()), true=_number(-0.5))])
    half.set("default", _number(0.5))
    is_before = exp.LT(this=exp.Add(this=call("sdk_order", order), expression=half), expression=_number(0))
    is_other = exp.NEQ(this=other.copy(), expression=index.copy())
    before = call("list_filter", _indices(array), _lambda(other, exp.and_(is_other, is_before)))
    ranked = call("row", call("len", before), call("list_extract", array.copy(), index.copy()))
    ranks = call("list_sort", call("list_transform", _indices(array), _lambda(index, ranked)))
    return call("list_transform", ranks, _lambda(pair, _field(pair, 2)))


def _indices(array: exp.Expr) -> exp.Expr:
    end = exp.Add(this=call("len", array.copy()), expression=_number(1))
    return call("range", _number(1), exp.cast(end, exp.DType.BIGINT))


def _number(value: float) -> exp.Expr:
    return exp.Literal.number(value)


def _reduce(node: exp.Anonymous) -> exp.Expr:
    array, initial, step, finish = node.expressions
    reduced = call("list_reduce", array, step, initial)
    if isinstance(finish, exp.Lambda) and finish.this == finish.expressions[0]:
        return reduced
    state = _parameter(node)
    # A list of one state: the state is computed once even if the output function uses it several times.
    finished = call("list_transform", call("list_value", reduced), _lambda(state, applied(finish, state)))
    return exp.Case(
        ifs=[
            exp.If(
                this=exp.Not(this=exp.Is(this=array.copy(), expression=exp.Null())),
                true=call("list_extract", finished, exp.Literal.number(1)),
            )
        ]
    )


LAMBDA_FUNCTIONS: dict[str, Rule] = {
    "array_sort": _array_sort,
    "map_filter": _map_filter,
    "map_zip_with": _map_zip_with,
    "reduce": _reduce,
    "transform_keys": _transform_keys,
    "transform_values": _transform_values,
    "zip_with": _zip_with,
}
