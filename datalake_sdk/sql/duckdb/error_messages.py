"""Translates DuckDB's error messages to Athena's error names, types and wording."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalake_sdk.sql.duckdb.type_names import athena_type, athena_types, no_common_type

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
"""Prefixes of RE2's error messages: https://github.com/google/re2/blob/main/re2/parse.cc"""


@dataclass(frozen=True)
class AthenaError:
    """Error of a query in Athena's terms.

    Args:
        name: Athena's name for the error, for example `TYPE_MISMATCH`.
        reason: Message; `{function}` is a placeholder for the function at the position of the error.
        subject: SQL at the position that DuckDB reports; other SQL at the position means that it is inside a macro.
            None if the position is not useful.
        types: Types of the arguments if the subject is a function.
    """

    name: str
    reason: str
    subject: str | None = None
    types: tuple[str, ...] = ()


def athena_error(message: str) -> AthenaError | None:
    """Translates a message of DuckDB; returns None for an unknown one.

    Args:
        message: With or without the type of the exception as prefix.
    """
    text = re.sub(r"^[\w ]*Error: ", "", message)
    for pattern, explain in _RULES:
        if match := pattern.search(text):
            return explain(match)
    if text.startswith(_PATTERN_ERRORS):
        return AthenaError("INVALID_FUNCTION_ARGUMENT", f"the regular expression is not valid: {text.splitlines()[0]}")
    return None


def _argument(match: re.Match[str]) -> AthenaError:
    return AthenaError("INVALID_FUNCTION_ARGUMENT", match["reason"])


def _cast(match: re.Match[str]) -> AthenaError:
    return AthenaError("INVALID_CAST_ARGUMENT", f"Cannot cast '{match['value']}' to {athena_type(match['type'])}")


def _no_integer(match: re.Match[str]) -> AthenaError:
    return AthenaError("INVALID_CAST_ARGUMENT", f"Cannot cast '{match['value']}' to an integer")


def _time_or_integer(match: re.Match[str]) -> AthenaError:
    """DuckDB's message is the same for a timestamp with milliseconds and a bigint."""
    return AthenaError("INVALID_CAST_ARGUMENT", f"Value cannot be cast: {match['value']}")


def _time(match: re.Match[str]) -> AthenaError:
    return AthenaError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {match['type']}: {match['value']}")


def _range(match: re.Match[str]) -> AthenaError:
    return AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"Out of range for {athena_type(match['type'])}: {match['value']}")


def _overflow(match: re.Match[str]) -> AthenaError:
    kind = athena_type(match["type"]) if match["type"] else "decimal"
    return AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"{kind} {match['operation']} overflow: {match['operands']}")


def _operands(match: re.Match[str]) -> AthenaError:
    name, types = match["name"].strip('"'), athena_types(match["types"])
    if not _SYMBOL.fullmatch(name):
        return AthenaError("TYPE_MISMATCH", "Unexpected parameters{types} for {function}", name, tuple(types))
    operator = _OPERATORS.get(name, name)
    applied = f"{operator}{types[0]}" if len(types) == 1 else f" {operator} ".join(types)
    return AthenaError("TYPE_MISMATCH", f"Cannot apply operator: {applied}", operator)


def _compared(match: re.Match[str]) -> AthenaError:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return AthenaError("TYPE_MISMATCH", f"Cannot apply operator: {first} = {second}")


def _concatenated(match: re.Match[str]) -> AthenaError:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return AthenaError("TYPE_MISMATCH", f"Cannot apply operator: {first} || {second}", "||")


def _no_cast(match: re.Match[str]) -> AthenaError:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return AthenaError("TYPE_MISMATCH", f"Cannot cast {first} to {second}")


def _no_common_type(match: re.Match[str]) -> AthenaError:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    operands = _OPERANDS_OF.get(match["operator"], f"All {match['operator']} operands")
    return AthenaError("TYPE_MISMATCH", f"{operands} {no_common_type(first, second)}", match["operator"])


def _combined(match: re.Match[str]) -> AthenaError:
    first, second = athena_type(match["first"]), athena_type(match["second"])
    return AthenaError("TYPE_MISMATCH", f"All operands {no_common_type(first, second)}")


def _not_grouped(match: re.Match[str]) -> AthenaError:
    reason = f"'{match['column']}' must be an aggregate expression or appear in GROUP BY clause"
    return AthenaError("EXPRESSION_NOT_AGGREGATE", reason, '"')


def _clause(match: re.Match[str]) -> AthenaError:
    reason = f"{match['clause']} cannot contain aggregations, window functions or grouping operations"
    return AthenaError("EXPRESSION_NOT_SCALAR", reason, "")


def _syntax(match: re.Match[str]) -> AthenaError:
    return AthenaError("SYNTAX_ERROR", f"mismatched input '{match['token']}'", "")


def _ambiguous(match: re.Match[str]) -> AthenaError:
    return AthenaError("AMBIGUOUS_NAME", f"Column '{match['column']}' is ambiguous", '"')


def _format(match: re.Match[str]) -> AthenaError:
    return AthenaError("INVALID_FUNCTION_ARGUMENT", f"Invalid format: '{match['value']}' does not match the pattern")


def _missing(match: re.Match[str]) -> AthenaError:
    return AthenaError("COLUMN_NOT_FOUND", f"Column '{match['column']}' cannot be resolved", '"')


def _no_type(match: re.Match[str]) -> AthenaError:
    return AthenaError("TYPE_NOT_FOUND", f"Unknown type: {match['type'].lower()}")


def _formatted(name: str, reason: str) -> Callable[[re.Match[str]], AthenaError]:
    """Returns a rule that inserts the pattern's groups into the message."""
    return lambda match: AthenaError(name, reason.format(**match.groupdict()))


def _not_unnested(match: re.Match[str]) -> AthenaError:
    return AthenaError("TYPE_MISMATCH", f"Cannot unnest type: {athena_type(match['type'])}")


def _fixed(name: str, reason: str, subject: str | None = None) -> Callable[[re.Match[str]], AthenaError]:
    return lambda match: AthenaError(name, reason, subject)


_ARGUMENT = "INVALID_FUNCTION_ARGUMENT"
_NESTED = "Cannot nest aggregations inside aggregation"
_ROWS = "Scalar sub-query has returned multiple rows"
_COLUMNS = "Set operation requires the same number of columns on both sides"
_DUPLICATE, _NULL_KEY = "Duplicate map keys are not allowed", "map key cannot be null"
_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], AthenaError]]] = [
    (re.compile(pattern, re.DOTALL), explain)
    for pattern, explain in [
        (
            r"INVALID_FUNCTION_ARGUMENT: (?P<reason>(?:Value cannot be cast to|Cannot cast ').*?)"
            r"(?=' can't be cast to the|$)",
            _formatted("INVALID_CAST_ARGUMENT", "{reason}"),
        ),
        (r"INVALID_FUNCTION_ARGUMENT: (?P<reason>.*?)(?=' can't be cast to the destination type|$)", _argument),
        (r"(?P<reason>Recursion depth limit exceeded \(\d+\))", _formatted("NOT_SUPPORTED", "{reason}")),
        (r"[Dd]ivision by zero|modulo by zero", _fixed("DIVISION_BY_ZERO", "Division by zero")),
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
        (r"Cannot \w+ \w+ of (?:type )?(?P<first>.+) and (?P<second>.+?) in (?P<operator>\w+)", _no_common_type),
        (r"Cannot combine types of (?P<first>.+?) and (?P<second>.+?) -", _combined),
        (r"Cannot concatenate types (?P<first>.+) and (?P<second>.+?) -", _concatenated),
        (r"column \"(?P<column>.+?)\" must appear in the GROUP BY clause", _not_grouped),
        (r"(?P<clause>\w+(?: \w+)?)(?: clause)? cannot contain (?:aggregate|window)", _clause),
        (r"syntax error at (?:or near \"(?P<token>.*?)\"|end of input)", _syntax),
        (r"SELECT clause without selection list", _fixed("SYNTAX_ERROR", "SELECT requires at least one column", "")),
        (
            r"zero-length delimited identifier",
            _fixed("SYNTAX_ERROR", "Zero-length delimited identifier not allowed", ""),
        ),
        (
            r"Sample sample_size .* out of range",
            _fixed("NUMERIC_VALUE_OUT_OF_RANGE", "Sample percentage must be between 0 and 100"),
        ),
        (r"radix must be between 2 and 36", _fixed(_ARGUMENT, "Radix must be between 2 and 36")),
        (r"Ambiguous reference to column name \"(?P<column>.+?)\"", _ambiguous),
        (r"Referenced table \"(?P<column>.+?)\" not found", _missing),
        (r"Type with name (?P<type>\S+) does not exist", _no_type),
        (r"Could not parse string \"(?P<value>.*?)\" according to format", _format),
        (r"More than one row returned by a subquery", _fixed("SUBQUERY_MULTIPLE_ROWS", _ROWS)),
        (r"Map keys must be unique", _fixed(_ARGUMENT, _DUPLICATE)),
        (r"Map keys can not be NULL", _fixed(_ARGUMENT, _NULL_KEY)),
        (r"map key list does not align", _fixed(_ARGUMENT, "Key and value arrays must be the same length")),
        (r"Date out of range: (?P<date>\S+)", _formatted(_ARGUMENT, "'{date}' is not a date of the calendar")),
        (r"Integer value out of bounds", _fixed("NUMERIC_VALUE_OUT_OF_RANGE", "bigint overflow")),
        (
            r"Overflow on abs\((?P<value>.*?)\)",
            _formatted("NUMERIC_VALUE_OUT_OF_RANGE", "Value {value} is out of range for abs"),
        ),
        (r"Escape string must be", _fixed(_ARGUMENT, "Escape string must be a single character")),
        (r"Argument for ntile must be", _fixed(_ARGUMENT, "Buckets must be greater than 0")),
        (r"ORDER BY non-integer literal", _fixed("NOT_SUPPORTED", "ORDER BY of a constant is not supported")),
        (r"Malformed JSON", _fixed(_ARGUMENT, "Cannot convert value to JSON")),
        (r"VALUES lists must all be the same length", _fixed("TYPE_MISMATCH", "Values rows have mismatched sizes", "")),
        (r"Set operations can only apply to expressions with the same number", _fixed("TYPE_MISMATCH", _COLUMNS)),
        (r"aggregate function calls cannot be nested", _fixed("NESTED_AGGREGATION", _NESTED, "")),
        (
            r"Could not find key \"(?P<name>.*?)\" in struct",
            _formatted("COLUMN_NOT_FOUND", "Field '{name}' cannot be resolved"),
        ),
        (r"Cannot extract field '(?P<name>.*?)'", _formatted("COLUMN_NOT_FOUND", "Field '{name}' cannot be resolved")),
        (
            r"LIST argument during lambda",
            _fixed("TYPE_MISMATCH", "A function with a lambda requires an array"),
        ),
        (r"does not support lambdas", _fixed("TYPE_MISMATCH", "The function does not accept a lambda")),
        (
            r"cast value to numerical: (?P<value>.*)",
            _formatted("INVALID_CAST_ARGUMENT", "'{value}' is not a number in the range of the type"),
        ),
        (
            r"of map differs between arguments",
            _fixed("TYPE_MISMATCH", "map_concat() requires maps of the same type"),
        ),
        (r"Epoch seconds out of range", _fixed("NUMERIC_VALUE_OUT_OF_RANGE", "timestamp out of range")),
        (
            r"can only be used on unnamed structs",
            _fixed("NOT_SUPPORTED", "Named fields have no position"),
        ),
        (r"disabled by configuration", _fixed("PERMISSION_DENIED", "access to files outside of the lake is disabled")),
        (
            r"specifier \"(?P<unit>.*?)\" not recognized",
            _formatted(_ARGUMENT, "'{unit}' is not a valid TIMESTAMP field"),
        ),
        (r"Unknown TimeZone '(?P<zone>.*?)'", _formatted(_ARGUMENT, "'{zone}' is not a valid time zone")),
        (r"Invalid input for hex digit: (?P<digit>.*)", _formatted(_ARGUMENT, "'{digit}' is not a hexadecimal digit")),
        (r"Could not decode string \"(?P<text>.*?)\" as base64", _formatted(_ARGUMENT, "'{text}' is not valid base64")),
        (r"Invalid UTF8 Codepoint (?P<code>\S+)", _formatted(_ARGUMENT, "Not a valid Unicode code point: {code}")),
        (r"invalid UTF8 characters", _fixed(_ARGUMENT, "the value is not valid UTF-8")),
        (r"JSON path error near '(?P<path>.*?)'", _formatted(_ARGUMENT, "Invalid JSON path at '{path}'")),
        (r"Lists larger than", _fixed(_ARGUMENT, "array has too many elements")),
        (r"APPROXIMATE QUANTILE can only", _fixed(_ARGUMENT, "Percentile must be between 0 and 1")),
        (r"Window functions are not supported here", _fixed("MISSING_OVER", "Window function requires an OVER clause")),
        (r"PRECEDING|FOLLOWING", _fixed("INVALID_WINDOW_FRAME", "Window frame offset value must not be negative")),
        (
            r"(?P<clause>ORDER|GROUP BY) term out of range",
            _formatted("INVALID_COLUMN_REFERENCE", "{clause} position is not in select list"),
        ),
        (r"LIMIT/OFFSET cannot be negative", _fixed("SYNTAX_ERROR", "LIMIT and OFFSET must not be negative")),
        (
            r"Column \"(?P<column>.*?)\" does not exist on (?P<side>\w+) side of join",
            _formatted("COLUMN_NOT_FOUND", "Column '{column}' is missing from {side} side of join"),
        ),
        (
            r"Subquery returns (?P<count>\d+) columns",
            _formatted("NOT_SUPPORTED", "Multiple columns returned by subquery are not yet supported. Found {count}"),
        ),
        (r"UNNEST\(\) can only be applied to .*, not (?P<type>.*)", _not_unnested),
        (
            r"table \"(?P<table>.*?)\" has (?P<has>\d+) columns available but (?P<given>\d+) columns specified",
            _formatted(
                "MISMATCHED_COLUMN_ALIASES",
                "Column alias list has {given} entries but '{table}' has {has} columns available",
            ),
        ),
        (r"[Oo]ut of [Mm]emory", _fixed("EXCEEDED_MEMORY_LIMIT", "Query exceeded the memory of this machine")),
    ]
]
