"""Translates calls of Athena's functions to Spark."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call, null_if_any
from datalake_sdk.sql.cast_types import is_try
from datalake_sdk.sql.function_calls import Rule, translated_call, unchanged
from datalake_sdk.sql.function_catalog import Target
from datalake_sdk.sql.spark.aggregate_functions import AGGREGATE_FUNCTIONS
from datalake_sdk.sql.spark.casts import translated_cast
from datalake_sdk.sql.spark.element_rules import element_of
from datalake_sdk.sql.spark.json_functions import JSON_FUNCTIONS
from datalake_sdk.sql.spark.scalar_functions import SCALAR_FUNCTIONS, fail_if, logarithm
from datalake_sdk.sql.spark.string_functions import STRING_FUNCTIONS
from datalake_sdk.sql.spark.templates import expanded, parameter_count
from datalake_sdk.sql.spark.time_functions import TIME_FUNCTIONS, keep_date
from datalake_sdk.sql.spark.type_rules import placeholder

_SAME = """
    abs acos array_distinct array_except array_intersect array_remove array_sort array_union arrays_overlap asin atan
    atan2 bool_and bool_or cbrt coalesce concat concat_ws corr cos cosh count_if covar_pop covar_samp cume_dist degrees
    every exp filter first_value grouping lag last_value lead map_entries map_filter map_from_entries
    map_keys map_values map_zip_with mod now nth_value nullif percent_rank pi pow power radians regr_intercept
    regr_slope round sin sinh slice sqrt stddev stddev_pop stddev_samp sum tan tanh transform transform_keys
    transform_values translate uuid var_pop var_samp variance zip_with
    """
"""Functions with the same name and the same results in Spark."""
_BIGINT = {
    "bitwise_not": "~:a",
    "cardinality": "cardinality(:a)",
    "codepoint": fail_if("length(:a) <> 1", "'Input string must be a single character string'", "ascii(:a)"),
    "day": "day(:a)",
    "day_of_month": "day(:a)",
    "day_of_week": "weekday(:a) + 1",
    "day_of_year": "dayofyear(:a)",
    "dow": "weekday(:a) + 1",
    "doy": "dayofyear(:a)",
    "hour": "hour(:a)",
    "length": "length(:a)",
    "levenshtein_distance": "levenshtein(:a, :b)",
    "millisecond": "date_format(:a, 'SSS')",
    "minute": "minute(:a)",
    "month": "month(:a)",
    "quarter": "quarter(:a)",
    "regexp_count": "regexp_count(:a, :b)",
    "second": "second(:a)",
    "strpos": "locate(:b, :a)",
    "week": "weekofyear(:a)",
    "week_of_year": "weekofyear(:a)",
    "year": "year(:a)",
    "year_of_week": "date_part('YEAROFWEEK', :a)",
    "yow": "date_part('YEAROFWEEK', :a)",
}
"""Functions that return a bigint on Athena and an int in Spark."""
_SHIFTS = {
    "bitwise_left_shift": "shift_left",
    "bitwise_right_shift": "shift_right",
    "bitwise_right_shift_arithmetic": "shift_right_arithmetic",
}
"""Functions that depend on the width of their operand's type, and their rules in `type_rules`."""
_RANKS = ("dense_rank", "ntile", "rank", "row_number")
_IS_NUMBER = "NOT isnan(:a) AND abs(:a) <> CAST('Infinity' AS DOUBLE)"
_LIMITED_STOP = """
    CASE
        WHEN :b > try_add(:a, 10000) THEN try_add(:a, 10000)
        WHEN :b < try_subtract(:a, 10000) THEN try_subtract(:a, 10000)
        ELSE :b
    END
"""
_LIMITED_STOP_WITH_STEP = """
    CASE
        WHEN (:c > :c - :c) = (:b > try_add(:a, try_multiply(:c, 10000))) THEN try_add(:a, try_multiply(:c, 10000))
        ELSE :b
    END
"""
"""End of a sequence, limited to its first 10,001 entries."""
_TOO_LONG = "INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries"
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    **SCALAR_FUNCTIONS,
    **STRING_FUNCTIONS,
    "all_match": ("forall(:a, :b)",),
    "any_match": ("exists(:a, :b)",),
    "array_max": ("CASE WHEN NOT exists(:a, e -> e IS NULL) THEN array_max(:a) END",),
    "array_min": ("CASE WHEN NOT exists(:a, e -> e IS NULL) THEN array_min(:a) END",),
    "array_position": ("array_position(:a, :b)",),
    "bitwise_and": (":a & :b",),
    "bitwise_or": (":a | :b",),
    "bitwise_xor": (":a ^ :b",),
    "chr": ("decode(unhex(lpad(hex(:a), 8, '0')), 'UTF-32')",),
    "contains": ("array_contains(:a, :b)",),
    "e": ("e()",),
    "from_base64": ("unbase64(:a)",),
    "flatten": ("flatten(filter(:a, sdk_e -> sdk_e IS NOT NULL))",),
    "from_utf8": ("decode(:a, 'UTF-8')",),
    "infinity": ("CAST('Infinity' AS DOUBLE)",),
    "is_finite": (_IS_NUMBER,),
    "is_infinite": ("abs(:a) = CAST('Infinity' AS DOUBLE)",),
    "is_nan": ("CASE WHEN :a IS NOT NULL THEN isnan(:a) END",),
    "ln": (logarithm("ln"),),
    "log": (
        f"CASE WHEN :a = 1 THEN {logarithm('ln', ':b')} * CAST('Infinity' AS DOUBLE) "
        f"ELSE {logarithm('ln', ':b')} / {logarithm('ln')} END",
    ),
    "log10": (logarithm("log10"),),
    "log2": (logarithm("log2"),),
    "map": ("map()", "map_from_arrays(:a, :b)"),
    "md5": ("unhex(md5(:a))",),
    "nan": ("CAST('NaN' AS DOUBLE)",),
    "none_match": ("NOT exists(:a, :b)",),
    "rand": ("rand()",),
    "random": ("rand()", fail_if(":a <= 0", "'bound must be positive'", "CAST(floor(rand() * :a) AS BIGINT)")),
    "reduce": ("aggregate(:a, :b, :c, :d)",),
    "sha1": ("unhex(sha1(:a))",),
    "sha256": ("unhex(sha2(:a, 256))",),
    "to_base": (
        fail_if(
            ":b NOT BETWEEN 2 AND 36",
            "'Radix must be between 2 and 36'",
            "lower(conv(CAST(:a AS STRING), 10, -CAST(:b AS INT)))",
        ),
    ),
    "to_base64": ("base64(:a)",),
    "to_hex": ("hex(:a)",),
    "to_utf8": ("encode(:a, 'UTF-8')",),
}
"""Functions that are translated to an expression: one template for each number of arguments."""


def translated_function(node: exp.Anonymous) -> exp.Expr:
    """Translates a call of a function of Athena; its arguments are translated already.

    Raises:
        SqlUnsupportedError: Spark has no exact counterpart of the function or of this signature.
    """
    return translated_call(node, Target.SPARK, FUNCTIONS)


def template_counts() -> Mapping[str, set[int]]:
    """Returns the numbers of arguments of the functions that are translated by templates."""
    templates = {**_TEMPLATES, **{name: (template,) for name, template in _BIGINT.items()}}
    return {name: {parameter_count(template) for template in forms} for name, forms in templates.items()}


def _of_template(node: exp.Anonymous) -> exp.Expr:
    arguments = node.expressions
    template = next(each for each in _TEMPLATES[node.name.lower()] if parameter_count(each) == len(arguments))
    return expanded(template, *arguments)


def _as_bigint(node: exp.Anonymous) -> exp.Expr:
    return expanded(f"CAST({_BIGINT[node.name.lower()]} AS BIGINT)", *node.expressions)


def _row(node: exp.Anonymous) -> exp.Expr:
    return call("struct", *node.expressions)


def _element_at(node: exp.Anonymous) -> exp.Expr:
    collection, key = node.expressions
    return placeholder("element_at", element_of(collection, key), collection.copy(), key.copy())


def _reverse(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    return placeholder("reverse", value)


def _array_join(node: exp.Anonymous) -> exp.Expr:
    array, *others = node.expressions
    text = placeholder("to_string", exp.column("sdk_e"))
    return call("array_join", expanded("transform(:a, sdk_e -> :b)", array, text), *others)


def _rank(node: exp.Anonymous) -> exp.Expr:
    window = node.parent
    if not isinstance(window, exp.Window):
        raise SqlUnsupportedError(f"{node.name}() without OVER")
    window.replace(exp.cast(window.copy(), exp.DType.BIGINT))
    return node


def _greatest_or_least(node: exp.Anonymous) -> exp.Expr:
    """Returns null if an argument is null; Spark ignores nulls."""
    return null_if_any(node.expressions, call(node.name, *node.expressions))


def _map_concat(node: exp.Anonymous) -> exp.Expr:
    """Keeps the value of the last map for a duplicate key, which is an error in Spark."""
    joined: exp.Expr = node.expressions[0]
    for other in node.expressions[1:]:
        kept = expanded("map_filter(:a, (k, v) -> NOT array_contains(map_keys(:b), k))", joined, other)
        joined = call("map_concat", kept, other)
    return joined


def _try(node: exp.Anonymous) -> exp.Expr:
    (argument,) = node.expressions
    if not isinstance(argument, exp.Cast):
        raise SqlUnsupportedError("try() of an expression other than a cast", "Skip the failing values with CASE.")
    return exp.TryCast(this=argument.this, to=argument.to, safe=True)


def _date(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    kind = exp.TryCast if is_try(node) else exp.Cast
    return translated_cast(kind(this=value, to=exp.DataType(this=exp.DType.DATE)))


def _ceil_or_floor(node: exp.Anonymous) -> exp.Expr:
    name = {"ceiling": "ceil"}.get(node.name.lower(), node.name.lower())
    return placeholder("ceil_or_floor", *node.expressions, exp.Literal.string(name))


def _truncate(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    up, down = (placeholder("ceil_or_floor", value.copy(), exp.Literal.string(name)) for name in ("ceil", "floor"))
    return expanded("CASE WHEN :a < 0 THEN :b ELSE :c END", value, up, down)


def _shift(node: exp.Anonymous) -> exp.Expr:
    return placeholder(_SHIFTS[node.name.lower()], *node.expressions)


def _zip(node: exp.Anonymous) -> exp.Expr:
    return call("arrays_zip", *node.expressions)


def _sequence(node: exp.Anonymous) -> exp.Expr:
    """Fails for more than 10,000 entries, the limit of Athena, before Spark allocates them."""
    start, stop, *step = node.expressions
    limited = expanded(_LIMITED_STOP_WITH_STEP if step else _LIMITED_STOP, start, stop, *step)
    sequence = call("sequence", start, keep_date(limited, start), *step)
    return expanded(f"CASE WHEN size(:a) > 10000 THEN raise_error('{_TOO_LONG}') ELSE :a END", sequence)


def _sign(node: exp.Anonymous) -> exp.Expr:
    return placeholder("sign", *node.expressions)


FUNCTIONS: Mapping[str, Rule] = {
    **unchanged(_SAME.split()),
    **dict.fromkeys(_TEMPLATES, _of_template),
    **dict.fromkeys(_BIGINT, _as_bigint),
    **AGGREGATE_FUNCTIONS,
    **JSON_FUNCTIONS,
    **TIME_FUNCTIONS,
    **dict.fromkeys(_RANKS, _rank),
    **dict.fromkeys(_SHIFTS, _shift),
    "array_join": _array_join,
    "ceil": _ceil_or_floor,
    "ceiling": _ceil_or_floor,
    "date": _date,
    "element_at": _element_at,
    "floor": _ceil_or_floor,
    "greatest": _greatest_or_least,
    "least": _greatest_or_least,
    "map_concat": _map_concat,
    "reverse": _reverse,
    "row": _row,
    "sequence": _sequence,
    "sign": _sign,
    "truncate": _truncate,
    "try": _try,
    "zip": _zip,
}
"""Rules by name of the function. The catalog has the signatures, and the reasons why others are unsupported."""
