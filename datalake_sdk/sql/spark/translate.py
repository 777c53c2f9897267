"""Athena's parsed SQL as Spark's: operators, casts and syntax here, functions in rooms of their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from datalake_sdk.errors import SqlUnsupportedError, UnsupportedSparkSqlError
from datalake_sdk.sql.athena import AthenaQueries
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import INTEGERS, STRINGS, decimal_parameters
from datalake_sdk.sql.function_calls import unsupported_function
from datalake_sdk.sql.function_catalog import Target
from datalake_sdk.sql.intervals import time_and_interval
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.spark.aggregate_functions import listagg
from datalake_sdk.sql.spark.functions import translated_function
from datalake_sdk.sql.spark.json_functions import as_json, cast_of_json, check_json_use, is_json, parsed_json
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.time_functions import at_time_zone, check_zone, keep_date, local_time, zoned_string
from datalake_sdk.sql.spark.type_rules import placeholder
from datalake_sdk.sql.times import DIGITS, ZONE, literal_zone
from datalake_sdk.sql.translation import NodeRules, Translator, common_rules

_TYPES = {
    exp.DType.JSON: exp.DType.TEXT,
    exp.DType.TIMESTAMP: exp.DType.TIMESTAMPNTZ,
    exp.DType.TIMESTAMPTZ: exp.DType.TIMESTAMPLTZ,
    exp.DType.VARCHAR: exp.DType.TEXT,
    exp.DType.CHAR: exp.DType.TEXT,
}
"""Types that have another name in Spark."""
_NO_TYPES = {exp.DType.IPADDRESS, exp.DType.TIME, exp.DType.TIMETZ, exp.DType.UUID}
_MILLISECONDS, _MICROSECONDS = 3, 6
_COLUMNS_OF_MAP = 2


def translate(tree: exp.Query, statement: str) -> exp.Query:
    """Translates a query to Spark's dialect; expressions that depend on types become placeholders.

    Args:
        tree: A query as `AthenaQueries` parses it; changed in place.
        statement: Its text, to show the place of what has no translation.

    Raises:
        UnsupportedSparkSqlError: Something whose meaning in Spark is not known.
    """

    def unsupported(error: SqlUnsupportedError, node: exp.Expr) -> UnsupportedSparkSqlError:
        line, column, excerpt = locate(statement, node)
        return UnsupportedSparkSqlError(error.feature, line, column, excerpt, error.hint)

    _TRANSLATOR.translate(tree, statement, unsupported)
    return tree


def _add_or_subtract(node: exp.Add | exp.Sub) -> exp.Expr:
    operands = time_and_interval(node)
    if operands is None:
        return node
    time, interval = operands
    check_zone(time)
    return keep_date(type(node)(this=time.copy(), expression=interval.copy()), time)


def _divide(node: exp.Div) -> exp.Expr:
    return node if node.find(exp.Interval) else placeholder("divide", node.this, node.expression)


def _at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    return at_time_zone(node.this, node.args["zone"])


def _subscript(node: exp.Bracket) -> exp.Expr:
    """Athena counts from one; sqlglot has put literals to zero."""
    (index,) = apply_index_offset(node.this, node.expressions, 1, dialect=AthenaQueries)
    return call("element_at", node.this, index)


def _like(node: exp.Like) -> exp.Expr:
    """Without ESCAPE a backslash is a backslash; in Spark it is the escape."""
    if not isinstance(node.parent, exp.Escape):
        node.set("expression", expanded(r"replace(:a, '\\', '\\\\')", node.expression))
    return node


def _json_value(node: exp.JSONValue) -> exp.Expr:
    raise unsupported_function("json_value", Target.SPARK)


def _parse_json(node: exp.ParseJSON) -> exp.Expr:
    check_json_use(node)
    return parsed_json(node.this)


def _unnest(node: exp.Unnest) -> exp.Expr:
    """The number of columns tells a map, which has two, and rows, which have more, from arrays."""
    values, alias = node.expressions, node.args.get("alias")
    columns = [column.copy() for column in alias.columns] if alias is not None else []
    if node.args.get("offset"):
        values, alias = [*values, _ordinals(values)], _with_ordinal(node)
    if len(columns) <= len(node.expressions):
        generator = call("explode", *values) if len(values) == 1 else call("inline", _side_by_side(values))
    elif len(values) == 1 and len(columns) == _COLUMNS_OF_MAP and _is_outer(node):
        raise SqlUnsupportedError("LEFT JOIN UNNEST of a map", "Spark has CROSS JOIN UNNEST only.")
    elif len(values) == 1:
        generator = call("explode" if len(columns) == _COLUMNS_OF_MAP else "inline", *values)
    else:
        raise SqlUnsupportedError("UNNEST of maps or rows beside others", "Unnest each in a subquery of its own.")
    if isinstance(node.parent, exp.From):
        return exp.Table(this=generator, alias=alias)
    return exp.Lateral(this=generator, alias=alias)


def _is_outer(node: exp.Unnest) -> bool:
    return isinstance(node.parent, exp.Join) and bool(node.parent.side)


def _with_ordinal(node: exp.Unnest) -> exp.TableAlias:
    alias = node.args.get("alias")
    if alias is None or not isinstance(node.args["offset"], exp.Identifier):
        raise SqlUnsupportedError("UNNEST WITH ORDINALITY without names", "Name its columns: AS t(x, n).")
    return exp.TableAlias(this=alias.this.copy(), columns=[*alias.copy().columns, node.args["offset"].copy()])


def _ordinals(arrays: Sequence[exp.Expr]) -> exp.Expr:
    """Numbers from one, as many as the longest array has elements."""
    sizes = [expanded("coalesce(CAST(cardinality(:a) AS BIGINT), 0)", array) for array in arrays]
    longest = sizes[0] if len(sizes) == 1 else call("greatest", *sizes)
    return expanded("CASE WHEN :a > 0 THEN sequence(CAST(1 AS BIGINT), :a) ELSE array() END", longest)


def _side_by_side(arrays: Sequence[exp.Expr]) -> exp.Expr:
    """Rows of the arrays' elements; a missing array has none."""
    return call("arrays_zip", *(expanded("coalesce(:a, array())", array) for array in arrays))


def _cast(node: exp.Cast) -> exp.Expr:
    """Integers come of numbers rounded half up, text is cut to its length, a timestamp has milliseconds."""
    source, kind, parameters = node.this, node.to.this, node.to.expressions
    from_json = cast_of_json(source, _spark_type(node.to)) if kind is not exp.DType.JSON else None
    if from_json is not None:
        return from_json
    if kind in STRINGS:
        return _text(node, parameters)
    if kind is exp.DType.JSON:
        return _to_json(node)
    if kind is exp.DType.TIMESTAMP:
        return _timestamp(node, parameters)
    if kind is exp.DType.TIMESTAMPTZ and isinstance(source, exp.Literal):
        _note_zone(node, literal_zone(source.name))
    if kind is exp.DType.DECIMAL and not parameters:
        node.to.set("expressions", decimal_parameters(source))
    if kind in INTEGERS and not source.is_string:
        node.set("this", placeholder("to_integer", source))
    node.set("to", _spark_type(node.to))
    return node


def _note_zone(moment: exp.Cast, zone: exp.Expr | None) -> None:
    parameters = moment.to.expressions
    if zone is not None:
        moment.meta[ZONE] = zone
        moment.meta[DIGITS] = int(parameters[0].name) if parameters else _MILLISECONDS


def _text(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    text = zoned_string(node.this) or _time_text(node.this) or placeholder("to_text", node.this)
    if not parameters:
        return text
    length = parameters[0].this
    if node.to.this is exp.DType.CHAR:
        return call("rpad", text, length, exp.Literal.string(" "))
    return call("left", text, length)


def _time_text(source: exp.Expr) -> exp.Expr | None:
    """A timestamp that a literal or a cast has made shows as many digits of a second as these say."""
    digits = source.meta.get(DIGITS)
    if digits is None:
        return None
    fraction = f".{'S' * digits}" if digits else ""
    return call("date_format", source, exp.Literal.string(f"yyyy-MM-dd HH:mm:ss{fraction}"))


def _timestamp(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    digits = int(parameters[0].name) if parameters else _MILLISECONDS
    is_literal = isinstance(node.this, exp.Literal) and parameters
    if not is_literal and digits < _MICROSECONDS:
        moment = type(node)(**{**node.args, "to": exp.DataType(this=exp.DType.TIMESTAMPLTZ)}).copy()
        template = f"timestamp_micros(CAST(round(unix_micros(:a), {digits - _MICROSECONDS}) AS BIGINT))"
        node.set("this", expanded(template, moment))
    node.set("to", _spark_type(node.to))
    node.meta[DIGITS] = digits
    return node


def _to_json(node: exp.Cast) -> exp.Expr:
    check_json_use(node)
    value: exp.Expr = node.this
    if is_json(value):
        return value
    in_array = call("to_json", call("array", value))
    template = "CASE WHEN :a IS NOT NULL THEN substring(:b, 2, length(:b) - 2) END"
    return as_json(expanded(template, value, in_array))


def _data_type(node: exp.DataType) -> exp.Expr:
    if node.this in _NO_TYPES:
        raise SqlUnsupportedError(f"type {node.this.value.lower()}", "Spark has no such type: CAST to varchar.")
    return node if isinstance(node.parent, exp.Cast) else _spark_type(node)


def _spark_type(node: exp.DataType) -> exp.DataType:
    kind = _TYPES.get(node.this, node.this)
    if kind in _TYPES.values():
        return exp.DataType(this=kind)
    return node.copy()


def _if(node: exp.If) -> exp.Expr:
    if not isinstance(node.parent, exp.Case) and node.args.get("false") is None:
        node.set("false", exp.Null())
    return node


def _with(node: exp.With) -> exp.Expr:
    if node.args.get("recursive"):
        raise SqlUnsupportedError("WITH RECURSIVE")
    return node


_RULES: NodeRules = {
    **common_rules(translated_function),
    exp.Add: _add_or_subtract,
    exp.AtTimeZone: _at_time_zone,
    exp.Bracket: _subscript,
    exp.Cast: _cast,
    exp.DataType: _data_type,
    exp.Div: _divide,
    exp.GroupConcat: listagg,
    exp.If: _if,
    exp.JSONValue: _json_value,
    exp.Like: _like,
    exp.ParseJSON: _parse_json,
    exp.Sub: _add_or_subtract,
    exp.TryCast: _cast,
    exp.Unnest: _unnest,
    exp.With: _with,
}
_TRANSLATOR = Translator(Target.SPARK, _RULES, local_time)
