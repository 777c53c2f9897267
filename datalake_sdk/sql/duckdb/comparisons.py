"""Comparisons of NaN, nested nulls, maps and padded char values, which DuckDB compares differently."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import CHAR_LENGTH
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.duckdb.column_types import COLUMNS, excludes_nan, operand_type, type_family
from datalake_sdk.sql.duckdb.type_names import athena_type, no_common_type
from datalake_sdk.sql.translation import TypeMismatchError

_FLOATS = (exp.DType.DOUBLE, exp.DType.FLOAT)
_NESTED_CALLS = ("athena_map", "row")
_MAX_IN_ELEMENTS = 20
_OUTER = ("LEFT", "RIGHT", "FULL")
_OPERATORS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


def translated_comparison(node: exp.Binary) -> exp.Expr:
    """Translates `=`, `<>`, `<`, `<=`, `>` and `>=`.

    Raises:
        TypeMismatchError: The operands have no common type.
    """
    if _is_padded(node.this) or _is_padded(node.expression):
        return type(node)(this=_unpadded(node.this), expression=_unpadded(node.expression))
    _check_types(_OPERATORS[type(node)], node.this, node.expression)
    if isinstance(node.find_ancestor(exp.Having, exp.Select), exp.Having) or _has_query(node):
        return node
    if _is_condition_of_outer_join(node):
        return _without_nan(node) if _is_conjunct(node) and not isinstance(node, exp.NEQ) else node
    if isinstance(node, exp.EQ | exp.NEQ):
        return _equality(node)
    larger = _larger(node)
    return node if _is_plain(larger) else call("sdk_unless_nan", node.copy(), larger.copy())


def translated_between(node: exp.Between) -> exp.Expr:
    """Translates BETWEEN; expands it to two comparisons if the upper bound may be NaN."""
    value, low, high = node.this, node.args["low"], node.args["high"]
    _check_types("BETWEEN", value, low, high)
    if node.args.get("symmetric") or (_is_plain(high) and not any(map(_is_padded, (value, low, high)))):
        return node
    above, below = exp.GTE(this=value, expression=low), exp.LTE(this=value.copy(), expression=high)
    return exp.Paren(this=exp.And(this=translated_comparison(above), expression=translated_comparison(below)))


def translated_in(node: exp.In) -> exp.Expr:
    """Translates IN; expands it to comparisons if DuckDB compares the operands differently.

    Raises:
        SqlUnsupportedError: A char value is compared with the values of a subquery.
    """
    value, elements = node.this, node.expressions
    if node.args.get("query") is not None:
        return _contained_in_query(node)
    _check_types("IN", value, *elements)
    if not elements or isinstance(elements[0], exp.Values):
        return node
    operands = [value, *elements]
    if any(map(_is_padded, operands)):
        return exp.In(this=_unpadded(value), expressions=[*map(_unpadded, elements)])
    if len(elements) > _MAX_IN_ELEMENTS or not any(_is_nested(each) or _is_float(each) for each in operands):
        return node
    equal = [translated_comparison(exp.EQ(this=value.copy(), expression=element.copy())) for element in elements]
    return exp.Paren(this=exp.or_(*equal, wrap=False))


def translated_concatenation(node: exp.DPipe) -> exp.Expr:
    """Translates `||`, which appends an element to an array; checks other operands, which DuckDB converts to strings.

    Raises:
        TypeMismatchError: An operand is neither a string, binary nor an array or its element.
    """
    left, right = node.this, node.expression
    families = [type_family(operand_type(operand)) for operand in (left, right)]
    if _is_array(left) and families[1] is not None:
        return call("sdk_append", left.copy(), right.copy())
    if _is_array(right) and families[0] is not None:
        return call("sdk_prepend", left.copy(), right.copy())
    if any(family in ("number", "date", "time", "boolean") for family in families):
        types = [athena_type(operand_type(operand) or "") for operand in (left, right)]
        raise TypeMismatchError(f"Cannot apply operator: {' || '.join(types)}")
    return node


def translated_using_join(node: exp.Join) -> exp.Expr:
    """Translates a join with USING, in which NaN must match nothing.

    NaN becomes null on the side whose unmatched rows the join drops; a full join drops none and is left unchanged.
    """
    names = node.args.get("using") or []
    relation = _inner_relation(node)
    if relation is None or all(_column_excludes_nan(relation, name) for name in names):
        return node
    not_nan = [exp.alias_(call("sdk_not_nan", exp.column(name.copy())), name.copy()) for name in names]
    rows = exp.select(exp.Star(replace=not_nan)).from_(relation.copy())
    alias = exp.TableAlias(this=exp.to_identifier(relation.alias_or_name, quoted=True))
    relation.replace(exp.Subquery(this=rows, alias=alias))
    return node


def translated_distinct_from(node: exp.NullSafeEQ | exp.NullSafeNEQ) -> exp.Expr:
    """Translates `IS NOT DISTINCT FROM` and `IS DISTINCT FROM`."""
    if _is_padded(node.this) or _is_padded(node.expression):
        return type(node)(this=_unpadded(node.this), expression=_unpadded(node.expression))
    return node


def _contained_in_query(node: exp.In) -> exp.Expr:
    if _is_padded(node.this):
        raise SqlUnsupportedError("IN (SELECT …) of a char value", "CAST the value to varchar.")
    # Trino plans IN of a WHERE as a join, where NaN is not equal to NaN; elsewhere it looks values up by identity.
    # https://github.com/trinodb/trino/blob/master/core/trino-main/src/main/java/io/trino/operator/ChannelSet.java
    if isinstance(node.this, exp.Tuple) or _is_plain(node.this) or not _is_conjunct(node):
        return node
    return exp.In(this=call("sdk_not_nan", node.this.copy()), query=node.args["query"].copy())


def _equality(node: exp.Binary) -> exp.Expr:
    if _is_plain(node.this) or _is_plain(node.expression):
        return node
    equal = _equal_fields(node) or call("sdk_equal", node.this.copy(), node.expression.copy())
    return equal if isinstance(node, exp.EQ) else exp.Paren(this=exp.Not(this=equal))


def _equal_fields(node: exp.Binary) -> exp.Expr | None:
    """Compares `(a, b)` with `(c, d)` field by field, which leaves DuckDB a join condition that it can hash."""
    left, right = node.this.unnest(), node.expression.unnest()
    if not isinstance(left, exp.Tuple) or not isinstance(right, exp.Tuple):
        return None
    if len(left.expressions) != len(right.expressions):
        return None
    pairs = zip(left.expressions, right.expressions, strict=True)
    equal = [translated_comparison(exp.EQ(this=a.copy(), expression=b.copy())) for a, b in pairs]
    return exp.Paren(this=exp.and_(*equal, wrap=False))


def _inner_relation(join: exp.Join) -> exp.Expr | None:
    """Returns the table or subquery whose unmatched rows a join drops."""
    select, relation = join.parent, join.this
    if join.side == "RIGHT" and isinstance(select, exp.Select) and select.args["joins"][0] is join:
        relation = select.args["from_"].this
    is_kept = join.side == "FULL" or (join.side == "RIGHT" and relation is join.this)
    return None if is_kept or not isinstance(relation, exp.Table | exp.Subquery | exp.Values) else relation


def _column_excludes_nan(relation: exp.Expr, name: exp.Expr) -> bool:
    data_type = relation.meta.get(COLUMNS, {}).get(name.name.lower())
    return data_type not in (None, "DOUBLE", "FLOAT")


def _without_nan(node: exp.Binary) -> exp.Expr:
    """Replaces NaN by null in one operand, which leaves DuckDB a condition that it can hash."""
    larger = _larger(node)
    if not _is_plain(node.this) and not _is_plain(node.expression):
        larger.replace(call("sdk_not_nan", larger.copy()))
    return node


def _larger(node: exp.Binary) -> exp.Expr:
    """Returns the operand on the larger side: DuckDB orders NaN above all values, Trino does not."""
    larger: exp.Expr = node.this if isinstance(node, exp.GT | exp.GTE) else node.expression
    return larger


def _check_types(operator: str, *operands: exp.Expr) -> None:
    types = [operand_type(operand) for operand in operands]
    first = type_family(types[0])
    for data_type in types[1:]:
        family = type_family(data_type)
        if family != first and first is not None and family is not None:
            raise TypeMismatchError(_mismatch(operator, str(types[0]), str(data_type)))


def _mismatch(operator: str, first: str, second: str) -> str:
    first, second = athena_type(first), athena_type(second)
    if operator == "BETWEEN":
        return f"Cannot check if {first} is BETWEEN {second} and {second}"
    if operator == "IN":
        return f"IN value and list items {no_common_type(first, second)}"
    return f"Cannot apply operator: {first} {operator} {second}"


def _has_query(node: exp.Binary) -> bool:
    return node.this.find(exp.Query) is not None or node.expression.find(exp.Query) is not None


def _is_condition_of_outer_join(node: exp.Expr) -> bool:
    clause = node.find_ancestor(exp.Join, exp.Select)
    return isinstance(clause, exp.Join) and clause.side in _OUTER


def _is_conjunct(node: exp.Expr) -> bool:
    """Whether a condition is an operand of AND and OR only, up to WHERE or ON: there null is equivalent to false."""
    parent = node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where | exp.Join)


def _is_plain(operand: exp.Expr) -> bool:
    """Whether an operand is a scalar that is never NaN."""
    operand = operand.unnest()
    if isinstance(operand, exp.Cast):
        return isinstance(operand.this, exp.Literal) and operand.to.this not in _FLOATS
    return isinstance(operand, exp.Literal | exp.Boolean | exp.Null | exp.Interval) or excludes_nan(operand)


def _is_nested(operand: exp.Expr) -> bool:
    operand = operand.unnest()
    is_call = isinstance(operand, exp.Anonymous) and operand.name.lower() in _NESTED_CALLS
    return is_call or isinstance(operand, exp.Array | exp.Tuple)


def _is_array(operand: exp.Expr) -> bool:
    operand = operand.unnest()
    if isinstance(operand, exp.DPipe):
        return _is_array(operand.this) or _is_array(operand.expression)
    is_call = isinstance(operand, exp.Anonymous) and operand.name in ("sdk_append", "sdk_prepend")
    return is_call or isinstance(operand, exp.Array) or (operand_type(operand) or "").endswith("]")


def _is_float(operand: exp.Expr) -> bool:
    operand = operand.unnest()
    if isinstance(operand, exp.Cast):
        return operand.to.this in _FLOATS
    return isinstance(operand, exp.Anonymous) and operand.name.lower() == "athena_nan"


def _is_padded(operand: exp.Expr) -> bool:
    return known(operand, CHAR_LENGTH) is not None


def _unpadded(operand: exp.Expr) -> exp.Expr:
    return call("rtrim", operand.copy(), exp.Literal.string(" "))
