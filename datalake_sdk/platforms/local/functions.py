"""What Athena's functions, operators and casts mean in DuckDB; what has no known meaning is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.platforms.local.casts import translated_cast

_SAME = frozenset(
    re.findall(
        r"\w+",
        """
        abs acos array_agg asin atan atan2 bool_and bool_or cbrt ceil ceiling chr coalesce concat_ws corr cos cosh
        count count_if covar_pop covar_samp cume_dist day degrees dense_rank exp first_value flatten floor from_base64
        grouping histogram hour lag last_value lead length ln log log10 log2 lower lpad map map_concat map_entries
        map_from_entries map_keys map_values max min minute mod month now nth_value ntile nullif percent_rank pi pow
        power quarter radians rank regr_intercept regr_slope round row row_number rpad second sign sin sinh sqrt
        starts_with stddev stddev_pop stddev_samp strpos sum tan tanh to_base64 translate try upper uuid var_pop
        var_samp variance year
        """,
    )
)
"""Functions that DuckDB has under the same name and with the same results."""
_RENAMED = {
    "any_value": "any_value",
    "approx_distinct": "approx_count_distinct",
    "approx_percentile": "approx_quantile",
    "arbitrary": "any_value",
    "bitwise_and_agg": "bit_and",
    "bitwise_or_agg": "bit_or",
    "every": "bool_and",
    "filter": "list_filter",
    "geometric_mean": "geomean",
    "transform": "list_transform",
}
"""Functions with another name: aggregates, which a macro cannot stand for, and those that take a lambda."""
_FORMAT_CODES = {
    **{code: f"%{code}" for code in "abdfHjmpSTyY"},
    "c": "%-m",
    "e": "%-d",
    "h": "%I",
    "I": "%I",
    "i": "%M",
    "k": "%-H",
    "l": "%-I",
    "M": "%B",
    "r": "%I:%M:%S %p",
    "s": "%S",
    "T": "%H:%M:%S",
    "W": "%A",
    "%": "%%",
}
"""Codes of date_format and date_parse. https://trino.io/docs/current/functions/datetime.html#mysql-date-functions"""
_SYNTAX = (
    exp.And,
    exp.Array,
    exp.Case,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Exists,
    exp.GroupConcat,
    exp.If,
    exp.Localtimestamp,
    exp.Or,
    exp.ParseJSON,
    exp.StrPosition,
)
"""Syntax that sqlglot holds to be functions, and that it translates well."""
_CLOCK_READERS = frozenset(
    re.findall(
        r"\w+",
        """
        date date_format date_trunc day day_of_month day_of_week day_of_year dow doy hour millisecond minute month
        quarter second week week_of_year year year_of_week yow
        """,
    )
)
"""Functions of what the clock shows, whatever the zone."""
_CLOCK_SHOWING = (exp.Alias, exp.Cast, exp.Extract, exp.Group, exp.Ordered, exp.Select)

Q = TypeVar("Q", bound=exp.Expr)


def translate(tree: Q) -> Q:
    """Replaces everything that means something else in DuckDB; the tree is changed in place.

    Args:
        tree: A query as `AthenaQueries` parses it.

    Raises:
        SqlUnsupportedError: A function whose meaning in DuckDB is not known.
    """
    # From the leaves up: what replaces a node holds children that are translated already.
    for node in reversed(list(tree.bfs())):
        rule = _RULES.get(type(node))
        if rule is not None:
            replacement = rule(node)
            if replacement is not node:
                node.replace(replacement)
        elif isinstance(node, exp.Func) and not isinstance(node, _SYNTAX):
            raise _unsupported(node.sql_name().lower())
    return tree


@cache
def macros() -> str:
    """SQL that defines the functions which DuckDB lacks; run it once on a connection."""
    return files(__package__).joinpath("athena_functions.sql").read_text(encoding="utf-8")


@cache
def _macro_names() -> frozenset[str]:
    return frozenset(re.findall(r"^CREATE MACRO athena_(\w+)", macros(), re.MULTILINE))


def _unsupported(name: str) -> SqlUnsupportedError:
    return SqlUnsupportedError(f"function {name}()", "It has no verified translation to DuckDB; use another function.")


def _call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


def _function(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    if name in _SPECIAL:
        return _SPECIAL[name](node)
    if name in _macro_names():
        return _call(f"athena_{name}", *node.expressions)
    if name in _SAME or name in _RENAMED:
        return _call(_RENAMED.get(name, name), *node.expressions)
    raise _unsupported(name)


def _concat(node: exp.Anonymous) -> exp.Expr:
    joined: exp.Expr = node.expressions[0]
    for argument in node.expressions[1:]:
        joined = exp.DPipe(this=joined, expression=argument)
    return joined


def _average(node: exp.Anonymous) -> exp.Expr:
    """Wraps avg() with its FILTER and OVER, beside a value of the same rows that tells the type."""
    outermost: exp.Expr = node
    while isinstance(outermost.parent, exp.Filter | exp.Window) and outermost.arg_key == "this":
        outermost = outermost.parent
    node.set("this", "any_value")
    sample = outermost.copy()
    node.set("this", "avg")
    typed = _call("sdk_average")
    outermost.replace(typed)
    typed.set("expressions", [outermost, sample])
    return node


def _largest_or_smallest_by(node: exp.Anonymous) -> exp.Expr:
    name = {"max_by": "arg_max", "min_by": "arg_min"}[node.name.lower()]
    return _call(name if len(node.expressions) > 2 else f"{name}_null", *node.expressions)


def _greatest_or_least(node: exp.Anonymous) -> exp.Expr:
    """Null when any argument is; DuckDB leaves nulls out."""
    any_null = exp.or_(*[exp.Is(this=argument.copy(), expression=exp.Null()) for argument in node.expressions])
    return exp.Case(ifs=[exp.If(this=any_null, true=exp.Null())], default=_call(node.name, *node.expressions))


def _matches(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    found = _call("sdk_all_true" if name == "all_match" else "sdk_any_true", _call("list_transform", *node.expressions))
    return exp.Not(this=found) if name == "none_match" else found


def _reduce(node: exp.Anonymous) -> exp.Expr:
    array, initial, step, finish = node.expressions
    if finish.this != finish.expressions[0]:
        raise SqlUnsupportedError("reduce() with a last function that changes the result", "Change it after reduce().")
    return _call("list_reduce", array, step, initial)


def _json_extract(node: exp.Anonymous) -> exp.Expr:
    document, path = node.expressions
    if isinstance(path, exp.Literal):
        if re.search(r"\*|\.\.|\?", path.name):
            raise SqlUnsupportedError(f"JSON path '{path.name}'", "Paths name one value, without wildcards.")
        path = exp.Literal.string(re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r'."\2"', path.name))
    return _call(f"athena_{node.name.lower()}", document, path)


def _date_format(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    value, pattern = node.expressions
    if not isinstance(pattern, exp.Literal):
        raise SqlUnsupportedError(f"{name}() with a format that is not a literal", "Write the format into the query.")
    codes = re.sub("%(.?)", lambda match: _format_code(name, match[1]), pattern.name)
    return _call("strftime" if name == "date_format" else "strptime", value, exp.Literal.string(codes))


def _format_code(name: str, code: str) -> str:
    if code not in _FORMAT_CODES:
        raise SqlUnsupportedError(f"{name}() with '%{code}'", f"It may have %{', %'.join(sorted(_FORMAT_CODES))}.")
    return _FORMAT_CODES[code]


def _at_timezone(node: exp.Expr) -> exp.Expr:
    """A time as clocks in a zone show it. Athena keeps the moment too, so only what reads the clock means the same."""
    value, zone = (node.this, node.args["zone"]) if isinstance(node, exp.AtTimeZone) else node.expressions
    parent = node.parent
    if isinstance(parent, exp.Predicate):
        return exp.cast(value, exp.DType.TIMESTAMPTZ)
    if isinstance(parent, _CLOCK_SHOWING) or (
        isinstance(parent, exp.Anonymous) and parent.name.lower() in _CLOCK_READERS
    ):
        return _call("athena_at_timezone", value, zone)
    raise SqlUnsupportedError("AT TIME ZONE in this place", "Use it within date_trunc(), date(), hour() and the like.")


_SPECIAL: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "all_match": _matches,
    "any_match": _matches,
    "at_timezone": _at_timezone,
    "avg": _average,
    "concat": _concat,
    "date_format": _date_format,
    "date_parse": _date_format,
    "greatest": _greatest_or_least,
    "json_extract": _json_extract,
    "json_extract_scalar": _json_extract,
    "least": _greatest_or_least,
    "max_by": _largest_or_smallest_by,
    "min_by": _largest_or_smallest_by,
    "none_match": _matches,
    "reduce": _reduce,
}


def _extract(node: exp.Extract) -> exp.Expr:
    return _function(_call(node.name, node.expression))


def _trim(node: exp.Trim) -> exp.Expr:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.args.get("position") or "", "trim")
    return _call(f"athena_{name}", node.this, node.expression)


def _substring(node: exp.Substring) -> exp.Expr:
    return _call("athena_substr", node.this, node.args.get("start"), node.args.get("length"))


def _divide(node: exp.Div) -> exp.Expr:
    if node.find(exp.Interval):
        return node
    sample = exp.Add(this=_sample(node.this), expression=_sample(node.expression))
    return _call("sdk_divide", node.this, node.expression, sample)


def _sample(operand: exp.Expr) -> exp.Expr:
    """Something of an operand's type; for a literal of the widest decimal, so that a quotient by 0.01 fits."""
    if isinstance(operand, exp.Anonymous) and operand.name in ("sdk_divide", "sdk_average"):
        sample: exp.Expr = operand.expressions[-1]
        return sample.copy()
    digits = re.fullmatch(r"\d*\.(\d+)", operand.name) if isinstance(operand, exp.Literal) else None
    if digits is None:
        return operand.copy()
    return exp.cast(operand.copy(), exp.DataType.build(f"DECIMAL(38, {len(digits[1])})"))


def _add(node: exp.Add) -> exp.Expr:
    time, interval = (node.expression, node.this) if _is_interval(node.this) else (node.this, node.expression)
    return _call("cast_to_type", node.copy(), time) if _is_interval(interval) else node


def _subtract(node: exp.Sub) -> exp.Expr:
    if _is_interval(node.expression):
        return _call("cast_to_type", node.copy(), node.this)
    return _call("sdk_subtract", node.this, node.expression)


def _is_interval(operand: exp.Expr) -> bool:
    inner = operand.unnest()
    return isinstance(inner, exp.Interval) or (isinstance(inner, exp.Mul) and inner.find(exp.Interval) is not None)


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    """DuckDB wants IGNORE NULLS after the last argument, for which sqlglot has no node."""
    *arguments, last = node.this.expressions
    return _call(node.this.name, *arguments, exp.Var(this=f"{last.sql('duckdb', identify=True)} IGNORE NULLS"))


def _unnest(node: exp.Unnest) -> exp.Expr:
    """Several arrays side by side: DuckDB does that in a SELECT, not in FROM."""
    arrays, alias = node.expressions, node.args.get("alias")
    if alias is not None and len(alias.columns) > len(arrays):
        raise SqlUnsupportedError(
            "UNNEST of a map or of rows into several columns",
            "Of a map UNNEST(map_keys(m), map_values(m)) AS t(k, v); of rows UNNEST(rows) AS t(r), then r.field.",
        )
    if len(arrays) == 1:
        return node
    columns = [_call("unnest", array) for array in arrays]
    if node.args.get("offset"):
        raise SqlUnsupportedError("UNNEST of several arrays WITH ORDINALITY", "Add sequence(1, n) as one more array.")
    return exp.Subquery(this=exp.select(*columns), alias=alias)


def _refused(node: exp.Expr) -> exp.Expr:
    raise SqlUnsupportedError(f"'{node.sql()}'", "Write the value into the query.")


_RULES: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Add: _add,
    exp.Anonymous: _function,
    exp.AtTimeZone: _at_timezone,
    exp.Cast: translated_cast,
    exp.Div: _divide,
    exp.Extract: _extract,
    exp.IgnoreNulls: _ignore_nulls,
    exp.Parameter: _refused,
    exp.Placeholder: _refused,
    exp.Sub: _subtract,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.TryCast: translated_cast,
    exp.Unnest: _unnest,
}
