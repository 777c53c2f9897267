"""DuckDB's messages in Athena's words: its name of the error, its types, and no word of the translation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalake_sdk.sql.duckdb.type_names import athena_type, athena_types

_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "//": "/", "<>": "<>", "||": "||"}
_OPERANDS_OF = {"CASE": "All CASE results"}
_SYMBOL = re.compile(r"[^\w\s]+")
_PATTERN_ERRORS = (
    "missing ",
    "unexpected )",
    "invalid escape",
    "invalid perl",
    "invalid character class",
    "invalid named",
    "no argument for repetition",
    "bad repetition",
    "trailing \\",
)
"""How RE2's messages begin: https://github.com/google/re2/blob/main/re2/parse.cc."""


@dataclass(frozen=True)
class Failure:
    """Why a query fails.

    Args:
        name: Athena's name of the error, for example `TYPE_MISMATCH`.
        reason: In Athena's words; `{function}` stands for the function's name at the place of the error.
        subject: What stands at DuckDB's position of the error unless that lies within a macro; None if the position
            says nothing to the user.
        types: Types of the arguments, where the subject is a function.
    """

    name: str
    reason: str
    subject: str | None = None
    types: tuple[str, ...] = ()


def failure(message: str) -> Failure | None:
    """What a message of DuckDB's means, without the position; None if it is not known.

    Args:
        message: With or without the kind of error before it.
    """
    text = re.sub(r"^[\w ]*Error: ", "", message)
    for pattern, explain in _RULES:
        if match := pattern.search(text):
            return explain(match)
    if text.startswith(_PATTERN_ERRORS):
        return Failure("INVALID_FUNCTION_ARGUMENT", f"the regular expression is not valid: {text.splitlines()[0]}")
    return None


def no_common_type(first: str, second: str) -> str:
    """Trino's words for types without a common supertype, after the words for the operands."""
    return f"must be the same type or coercible to a common type. Cannot find common type between {first} and {second}"


def _argument(match: re.Match[str]) -> Failure:
    return Failure("INVALID_FUNCTION_ARGUMENT", match["reason"])


def _cast(match: re.Match[str]) -> Failure:
    return Failure("INVALID_CAST_ARGUMENT", f"Cannot cast '{match['value']}' to {athena_type(match['type'])}")


def _no_integer(match: re.Match[str]) -> Failure:
    return Failure("INVALID_CAST_ARGUMENT", f"Cannot cast '{match['value']}' to an integer")


def _time_or_integer(match: re.Match[str]) -> Failure:
    """DuckDB says the same of a timestamp with milliseconds as of a bigint."""
    return Failure("INVALID_CAST_ARGUMENT", f"Value cannot be cast: {match['value']}")


def _time(match: re.Match[str]) -> Failure:
    return Failure("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {match['type']}: {match['value']}")


def _range(match: re.Match[str]) -> Failure:
    return Failure("NUMERIC_VALUE_OUT_OF_RANGE", f"Out of range for {athena_type(match['type'])}: {match['value']}")


def _overflow(match: re.Match[str]) -> Failure:
    kind = athena_type(match["type"]) if match["type"] else "decimal"
    return Failure("NUMERIC_VALUE_OUT_OF_RANGE", f"{kind} {match['operation']} overflow: {match['operands']}")


def _operands(match: re.Match[str]) -> Failure:
    name, types = match["name"].strip('"'), athena_types(match["types"])
    if not _SYMBOL.fullmatch(name):
        return Failure("TYPE_MISMATCH", "Unexpected parameters{types} for {function}", name, tuple(types))
    operator = _OPERATORS.get(name, name)
    applied = f"{operator}{types[0]}" if len(types) == 1 else f" {operator} ".join(types)
    return Failure("TYPE_MISMATCH", f"Cannot apply operator: {applied}", operator)


def _compared(match: re.Match[str]) -> Failure:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return Failure("TYPE_MISMATCH", f"Cannot apply operator: {first} = {second}")


def _concatenated(match: re.Match[str]) -> Failure:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return Failure("TYPE_MISMATCH", f"Cannot apply operator: {first} || {second}", "||")


def _no_cast(match: re.Match[str]) -> Failure:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return Failure("TYPE_MISMATCH", f"Cannot cast {first} to {second}")


def _no_common_type(match: re.Match[str]) -> Failure:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    operands = _OPERANDS_OF.get(match["place"], f"All {match['place']} operands")
    return Failure("TYPE_MISMATCH", f"{operands} {no_common_type(first, second)}", match["place"])


def _not_grouped(match: re.Match[str]) -> Failure:
    reason = f"'{match['column']}' must be an aggregate expression or appear in GROUP BY clause"
    return Failure("EXPRESSION_NOT_AGGREGATE", reason, '"')


def _clause(match: re.Match[str]) -> Failure:
    reason = f"{match['clause']} cannot contain aggregations, window functions or grouping operations"
    return Failure("EXPRESSION_NOT_SCALAR", reason, "")


def _syntax(match: re.Match[str]) -> Failure:
    return Failure("SYNTAX_ERROR", f"mismatched input '{match['token']}'", "")


def _ambiguous(match: re.Match[str]) -> Failure:
    return Failure("AMBIGUOUS_NAME", f"Column '{match['column']}' is ambiguous", '"')


def _format(match: re.Match[str]) -> Failure:
    return Failure("INVALID_FUNCTION_ARGUMENT", f"Invalid format: '{match['value']}' does not match the pattern")


def _missing(match: re.Match[str]) -> Failure:
    return Failure("COLUMN_NOT_FOUND", f"Column '{match['column']}' cannot be resolved", '"')


def _no_type(match: re.Match[str]) -> Failure:
    return Failure("TYPE_NOT_FOUND", f"Unknown type: {match['type'].lower()}")


def _worded(name: str, reason: str) -> Callable[[re.Match[str]], Failure]:
    """Puts what the pattern has found into a text."""
    return lambda match: Failure(name, reason.format(**match.groupdict()))


def _not_unnested(match: re.Match[str]) -> Failure:
    return Failure("TYPE_MISMATCH", f"Cannot unnest type: {athena_type(match['type'])}")


def _said(name: str, reason: str, subject: str | None = None) -> Callable[[re.Match[str]], Failure]:
    return lambda match: Failure(name, reason, subject)


_ARGUMENT = "INVALID_FUNCTION_ARGUMENT"
_NESTED = "Cannot nest aggregations inside aggregation"
_ROWS = "Scalar sub-query has returned multiple rows"
_COLUMNS = "Queries of a set operation have different numbers of columns"
_DUPLICATE, _NULL_KEY = "Duplicate map keys are not allowed", "map key cannot be null"
_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Failure]]] = [
    (re.compile(pattern, re.DOTALL), explain)
    for pattern, explain in [
        (
            r"INVALID_FUNCTION_ARGUMENT: (?P<reason>Value cannot be cast to .*?)(?=' can't be cast to the|$)",
            _worded("INVALID_CAST_ARGUMENT", "{reason}"),
        ),
        (r"INVALID_FUNCTION_ARGUMENT: (?P<reason>.*?)(?=' can't be cast to the destination type|$)", _argument),
        (r"(?P<reason>Recursion depth limit exceeded \(\d+\))", _worded("NOT_SUPPORTED", "{reason}")),
        (r"[Dd]ivision by zero|modulo by zero", _said("DIVISION_BY_ZERO", "Division by zero")),
        (r"Could not convert string '(?P<value>.*?) \(not an integer\)' to", _no_integer),
        (r"Could not convert string '(?P<value>[^']*[^\d'][^']*)' to INT64", _time_or_integer),
        (r"Could not convert string '(?P<value>.*?)' to (?P<type>[\w (),]+)", _cast),
        (r'Could not convert string "(?P<value>.*?)" to (?P<type>[\w (),]+)', _cast),
        (r"invalid (?P<type>date|timestamp|time) field format: \"(?P<value>.*?)\"", _time),
        (r"(?P<type>date|timestamp|time)(?:/time)? field value out of range: \"(?P<value>.*?)\"", _time),
        (r"with value (?P<value>.*) can't be cast because .* destination type (?P<type>\S+)", _range),
        (r"with value '?(?P<value>.*?)'? can't be cast to the destination type (?P<type>\S+)", _cast),
        (r"Could not cast value (?P<value>\S+)(?: with .*)? to (?P<type>DECIMAL\S*)", _range),
        (r"Casting value \"(?P<value>[^\"]*)\" to type (?P<type>\S+) failed: value is out of range", _range),
        (r"Overflow in (?P<operation>\w+) of (?:(?P<type>\w+) )?\(?(?P<operands>[^()]*)\)?", _overflow),
        (r"(?P<operation>negat|add|subtract|multipl)\w+ of (?P<type>\w+) \((?P<operands>[^()]*)\)", _overflow),
        (r"Unimplemented type for cast \((?P<first>.*) -> (?P<second>.*)\)", _no_cast),
        (r"No function matches the given name and argument types '(?P<name>[^(]+)\((?P<types>.*?)\)'\. You", _operands),
        (r"best candidate function for the function call \"(?P<name>[^(]+)\((?P<types>.*?)\)\"\. In", _operands),
        (r"Cannot compare values of type (?P<first>.+?) and (?:values of )?type (?P<second>.+?)(?: -|\n|$)", _compared),
        (r"Cannot compare values of type (?P<first>.+?) and (?P<second>.+?) in", _compared),
        (r"Cannot \w+ \w+ of (?:type )?(?P<first>.+) and (?P<second>.+?) in (?P<place>\w+)", _no_common_type),
        (r"Cannot concatenate types (?P<first>.+) and (?P<second>.+?) -", _concatenated),
        (r"column \"(?P<column>.+?)\" must appear in the GROUP BY clause", _not_grouped),
        (r"(?P<clause>\w+(?: \w+)?)(?: clause)? cannot contain (?:aggregate|window)", _clause),
        (r"syntax error at (?:or near \"(?P<token>.*?)\"|end of input)", _syntax),
        (r"Ambiguous reference to column name \"(?P<column>.+?)\"", _ambiguous),
        (r"Referenced table \"(?P<column>.+?)\" not found", _missing),
        (r"Type with name (?P<type>\S+) does not exist", _no_type),
        (r"Could not parse string \"(?P<value>.*?)\" according to format", _format),
        (r"More than one row returned by a subquery", _said("SUBQUERY_MULTIPLE_ROWS", _ROWS)),
        (r"Map keys must be unique", _said(_ARGUMENT, _DUPLICATE)),
        (r"Map keys can not be NULL", _said(_ARGUMENT, _NULL_KEY)),
        (r"Malformed JSON", _said(_ARGUMENT, "Cannot convert value to JSON")),
        (r"VALUES lists must all be the same length", _said("TYPE_MISMATCH", "Values rows have mismatched sizes", "")),
        (r"Set operations can only apply to expressions with the same number", _said("TYPE_MISMATCH", _COLUMNS)),
        (r"aggregate function calls cannot be nested", _said("NESTED_AGGREGATION", _NESTED, "")),
        (
            r"Could not find key \"(?P<name>.*?)\" in struct",
            _worded("COLUMN_NOT_FOUND", "Field '{name}' cannot be resolved"),
        ),
        (r"Cannot extract field '(?P<name>.*?)'", _worded("COLUMN_NOT_FOUND", "Field '{name}' cannot be resolved")),
        (
            r"LIST argument during lambda",
            _said("TYPE_MISMATCH", "A function with a lambda needs an array"),
        ),
        (r"does not support lambdas", _said("TYPE_MISMATCH", "A lambda is passed to a function that takes none")),
        (
            r"cast value to numerical: (?P<value>.*)",
            _worded("INVALID_CAST_ARGUMENT", "{value} is not a number in range"),
        ),
        (r"of map differs between arguments", _said("TYPE_MISMATCH", "map_concat takes maps of one type")),
        (r"Epoch seconds out of range", _said("NUMERIC_VALUE_OUT_OF_RANGE", "timestamp out of range")),
        (r"can only be used on unnamed structs", _said("NOT_SUPPORTED", "A named field of a row is read by its name")),
        (r"disabled by configuration", _said("PERMISSION_DENIED", "reading files outside of the lake is disabled")),
        (r"specifier \"(?P<unit>.*?)\" not recognized", _worded(_ARGUMENT, "'{unit}' is not a valid TIMESTAMP field")),
        (r"Unknown TimeZone '(?P<zone>.*?)'", _worded(_ARGUMENT, "'{zone}' is not a valid time zone")),
        (r"Invalid input for hex digit: (?P<digit>.*)", _worded(_ARGUMENT, "'{digit}' is not hexadecimal")),
        (r"Could not decode string \"(?P<text>.*?)\" as base64", _worded(_ARGUMENT, "'{text}' is not base64")),
        (r"Invalid UTF8 Codepoint (?P<code>\S+)", _worded(_ARGUMENT, "Not a valid Unicode code point: {code}")),
        (r"invalid UTF8 characters", _said(_ARGUMENT, "the value is not UTF-8")),
        (r"JSON path error near '(?P<path>.*?)'", _worded(_ARGUMENT, "Invalid JSON path at '{path}'")),
        (r"Lists larger than", _said(_ARGUMENT, "an array has too many elements")),
        (r"APPROXIMATE QUANTILE can only", _said(_ARGUMENT, "Percentile must be between 0 and 1")),
        (r"Window functions are not supported here", _said("MISSING_OVER", "Window function requires an OVER clause")),
        (r"PRECEDING|FOLLOWING", _said("INVALID_WINDOW_FRAME", "Window frame offset value must not be negative")),
        (
            r"(?P<clause>ORDER|GROUP BY) term out of range",
            _worded("INVALID_COLUMN_REFERENCE", "{clause} position is not in select list"),
        ),
        (r"LIMIT/OFFSET cannot be negative", _said("SYNTAX_ERROR", "LIMIT and OFFSET must not be negative")),
        (
            r"Column \"(?P<column>.*?)\" does not exist on (?P<side>\w+) side of join",
            _worded("COLUMN_NOT_FOUND", "Column '{column}' is missing from {side} side of join"),
        ),
        (
            r"Subquery returns (?P<count>\d+) columns",
            _worded("NOT_SUPPORTED", "Multiple columns returned by subquery are not yet supported. Found {count}"),
        ),
        (r"UNNEST\(\) can only be applied to .*, not (?P<type>.*)", _not_unnested),
        (
            r"table \"(?P<table>.*?)\" has (?P<has>\d+) columns available but (?P<given>\d+) columns specified",
            _worded(
                "MISMATCHED_COLUMN_ALIASES",
                "Column alias list has {given} entries but '{table}' has {has} columns available",
            ),
        ),
        (r"[Oo]ut of [Mm]emory", _said("EXCEEDED_MEMORY_LIMIT", "the query needs more memory than this machine has")),
    ]
]
