"""Errors of queries."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class SqlParseError(UsageError):
    """The statement has a syntax error.

    Correct the statement at the position that the caret marks.

    Args:
        reason: What the parser expected.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
        hint: Next step.
    """

    def __init__(self, reason: str, line: int, column: int, excerpt: str, hint: str = "") -> None:
        super().__init__(f"SQL, line {line}, column {column}: {reason}\n{excerpt}", hint=hint)
        self.line = line
        self.column = column


class SqlStatementError(UsageError):
    """The statement is not a single query."""

    def __init__(self, kind: str, hint: str) -> None:
        super().__init__(f"the statement is {kind}; it must be one query: SELECT, WITH or VALUES", hint=hint)


class SqlLimitError(UsageError):
    """The statement is too long or too deeply nested."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the statement is too complex: {reason}",
            hint="Move parts of the query to a WITH clause, or join with a table that contains the values.",
        )


class SqlNotAllowedError(UsageError):
    """The query contains syntax or a table that is not allowed on any platform.

    Args:
        found: What the statement contains.
        allowed: What to write instead.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
    """

    def __init__(self, found: str, allowed: str, line: int, column: int, excerpt: str) -> None:
        super().__init__(
            f"SQL, line {line}, column {column}: {found} is not allowed in a query\n{excerpt}", hint=allowed
        )
        self.line = line
        self.column = column


class SqlPlaceholderError(UsageError):
    """A placeholder or brace in a statement is invalid.

    Args:
        reason: The problem.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        hint: What to write instead.
    """

    def __init__(self, reason: str, line: int, column: int, hint: str) -> None:
        super().__init__(f"SQL, line {line}, column {column}: {reason}", hint=hint)


class SqlParameterError(UsageError):
    """The value of a parameter cannot be used at the position of its placeholder."""

    def __init__(self, name: str, reason: str, hint: str) -> None:
        super().__init__(f"SQL parameter '{name}' {reason}", hint=hint)


class ReservedParameterError(UsageError):
    """A parameter has the name of a built-in placeholder."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"SQL parameter '{name}' has the name of a built-in placeholder",
            hint="Rename the parameter in additional_parameters.",
        )


class UnqualifiedTableError(UsageError):
    """A table is named without its database."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"table '{table}' has no database",
            hint=f"Write database.table, for example {{database_prefix}}my_database.{table}",
        )


class SqlUnsupportedError(UsageError):
    """The embedded lake cannot run this SQL with the same results as Athena, which supports it.

    Rewrite the query without the feature, or run it on AWS.

    Args:
        feature: Name of the unsupported feature.
        hint: The reason, or what to write instead.
    """

    def __init__(self, feature: str, hint: str = "") -> None:
        super().__init__(f"{feature} is not supported on the embedded lake", hint=hint)
        self.feature = feature

    def show_position(self, line: int, column: int, excerpt: str) -> None:
        """Adds the position in the statement to the message.

        Args:
            line: Line of the statement, from 1.
            column: Column in that line, from 1.
            excerpt: The line, with a caret below the column.
        """
        self.message = f"SQL, line {line}, column {column}: {self.message}\n{excerpt}"


class UnknownFunctionError(SqlUnsupportedError):
    """A query calls a function that Athena does not have."""

    def __init__(self, name: str, suggestions: Sequence[str]) -> None:
        super().__init__(f"function {name}()", f"Did you mean {listed(suggestions)}?" if suggestions else "")
        self.message = f"FUNCTION_NOT_FOUND: function '{name}' not registered"


class FunctionArgumentsError(UsageError):
    """A function is called with too few or too many arguments.

    Call the function as one of the signatures in the message.

    Args:
        name: The function.
        arity: Accepted numbers of arguments, in words.
        given: Number of arguments of the call.
        signatures: Signatures of the function.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
    """

    def __init__(
        self, name: str, arity: str, given: int, signatures: str, line: int, column: int, excerpt: str
    ) -> None:
        super().__init__(f"SQL, line {line}, column {column}: {name} {arity}, got {given}: {signatures}\n{excerpt}")


class InvalidQueryError(UsageError):
    """Athena rejects the query although its syntax is valid."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(f"invalid query: {reason}", hint=hint)


class UnnestColumnsError(UsageError):
    """The alias of an UNNEST has the wrong number of columns."""

    def __init__(self, alias: str, given: int, columns: Sequence[str]) -> None:
        super().__init__(
            f"column alias list has {given} entries but '{alias}' has {len(columns)} columns: {listed(columns, 20)}",
            hint="UNNEST returns a column for each key, value, row field or element, and one more WITH ORDINALITY.",
        )


class UnnestConditionError(UsageError):
    """An UNNEST is joined on a condition."""

    def __init__(self, side: str) -> None:
        super().__init__(
            f"{side} JOIN involving UNNEST is only supported with condition ON TRUE",
            hint="Move the condition to WHERE.",
        )


class UnknownColumnError(UsageError):
    """A query uses a column that its tables do not have.

    Args:
        column: Name of the column.
        similar: Similar names of columns.
        is_quoted: Whether the name is in double quotes, which may have been meant as a string.
    """

    def __init__(self, column: str, similar: Sequence[str], *, is_quoted: bool = False) -> None:
        hints = [f"Did you mean {listed(similar)}?"] if similar else []
        if is_quoted:
            hints.append(f"Double quotes enclose names; a string is written in single quotes: '{column}'.")
        super().__init__(f"column '{column}' does not exist", hint=" ".join(hints))


_HINTS = {
    "AMBIGUOUS_NAME": "Write the name or alias of its table before the column: orders.id.",
    "DIVISION_BY_ZERO": "NULLIF(divisor, 0) makes the quotient null instead.",
    "EXCEEDED_MEMORY_LIMIT": "Select fewer columns, filter rows, or aggregate before joining.",
    "EXPRESSION_NOT_AGGREGATE": "Add the column to GROUP BY, or aggregate it, for example with max(column).",
    "EXPRESSION_NOT_SCALAR": "Filter groups in HAVING, and results of window functions in an outer query.",
    "INVALID_CAST_ARGUMENT": "TRY_CAST returns null for values that cannot be cast.",
    "INVALID_FUNCTION_ARGUMENT: Array subscript": "element_at(array, index) returns null outside of the array.",
    "INVALID_FUNCTION_ARGUMENT: Duplicate map keys": "multimap_agg(key, value) keeps all values of a key.",
    "INVALID_FUNCTION_ARGUMENT: Key not present": "element_at(map, key) returns null for a missing key.",
    "MISSING_OVER": "Write OVER after the function, for example OVER (ORDER BY id).",
    "NESTED_AGGREGATION": "Compute the inner aggregate in a subquery.",
    "NUMERIC_VALUE_OUT_OF_RANGE": "CAST to a type with a larger range, such as bigint, decimal(38, 2) or double.",
    "SUBQUERY_MULTIPLE_ROWS": "Aggregate the values of the subquery, or compare them with IN.",
    "TYPE_MISMATCH": "Convert a value with CAST(value AS type).",
}
"""Next step by the beginning of an error of Athena."""


class QueryFailedError(TerminalError):
    """A valid query failed while it ran, because of the data or a type.

    The message begins with Athena's error code. Correct the values or the type that it names, for example with TRY or
    TRY_CAST.

    Args:
        reason: The error; Athena's code selects a hint.
        hint: Next step, if it is more specific.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        of_code = next((text for code, text in _HINTS.items() if reason.startswith(code)), "")
        super().__init__(f"the query failed: {reason}", hint=hint or of_code)


class UnexplainedQueryError(QueryFailedError):
    """A query failed for a reason that Athena has no error code for."""

    def __init__(self) -> None:
        super().__init__("GENERIC_INTERNAL_ERROR: the embedded lake cannot run this query")
        self.hint = "Run `datalake_sdk --debug query …` to see the error of the engine."


class UnrepresentableDateError(TerminalError):
    """A column contains a date outside the years 1 to 9999, which a dataframe of pandas cannot hold."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(
            f"column {listed(columns)} contains a date outside the years 1 to 9999, which pandas cannot hold",
            hint="Omit the column, or query it as text with CAST(… AS varchar).",
        )
