"""Parses and checks Athena queries; errors show the position in the statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import TokenType

from datalake_sdk.errors import SqlLimitError, SqlParseError, SqlStatementError
from datalake_sdk.sql.checks import check_query
from datalake_sdk.sql.function_calls import check_argument_counts
from datalake_sdk.sql.lexer import PARSER_HINT, Lexed, check_same_tokens, lex, syntax_error
from datalake_sdk.sql.positions import excerpt
from datalake_sdk.sql.roundtrip import check_nothing_lost
from datalake_sdk.sql.statements import OTHER_STATEMENTS, QUERY_KEYWORDS

_SYNTAX_FUNCTIONS = (
    "CAST",
    "TRY_CAST",
    "EXTRACT",
    "TRIM",
    "SUBSTRING",
    "POSITION",
    "LISTAGG",
    "JSON_VALUE",
    "JSON_QUERY",
    "JSON_OBJECT",
    "JSON_TABLE",
)
"""Functions with special syntax, such as `CAST(a AS b)`."""
_ONE_PARAMETER = [TokenType.NUMBER, TokenType.R_PAREN]
_TWO_PARAMETERS = [TokenType.NUMBER, TokenType.COMMA, *_ONE_PARAMETER]
_VALUES_CLAUSES = ("order", "limit", "offset")
_PARSER_FAILURES = (SqlglotError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Errors other than ParseError that sqlglot raises for some invalid statements."""


class AthenaQueries(Trino):
    """Athena's queries: Trino's grammar, in which every function keeps its name."""

    class Parser(TrinoParser):
        """Parses every function as a plain call: the catalog lists which exist, and the targets translate them."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: TrinoParser.FUNCTION_PARSERS[name] for name in _SYNTAX_FUNCTIONS
        }

        def _parse_types(self, check_func: bool = False, *args: Any, **kwargs: Any) -> exp.Expr | None:
            # sqlglot reads `date(…)`, `row(…)` and `ARRAY[…]` as a type first and then again as a value, which takes
            # exponential time if they are nested. Only a literal has a type here: `DECIMAL(5, 2) '1.50'`.
            is_array = self._match_pair(TokenType.ARRAY, TokenType.L_BRACKET, advance=False)
            if is_array or (check_func and self._next and self._is_call()):
                return None
            return super()._parse_types(check_func, *args, **kwargs)

        def _is_call(self) -> bool:
            following = [token.token_type for token in self._tokens[self._index + 1 : self._index + 6]]
            has_parameters = following[1:3] == _ONE_PARAMETER or following[1:5] == _TWO_PARAMETERS
            return following[0] is TokenType.L_PAREN and not has_parameters


def parse_query(statement: str) -> exp.Query:
    """Parses and checks a statement, which must be one query over tables of the lake.

    Raises:
        SqlParseError: The syntax is invalid.
        SqlStatementError: It is empty, more than one statement or not a query.
        SqlNotAllowedError: It contains syntax or a table that is not allowed in a query.
        SqlLimitError: It is too long or too deeply nested.
        UnknownFunctionError: It calls a function that Athena does not have.
        FunctionArgumentsError: A function has too few or too many arguments.
    """
    lexed = lex(statement)
    with _parser_errors(lexed):
        tree = _parsed(lexed)
        check_query(tree, statement)
        check_argument_counts(tree, statement)
        check_nothing_lost(lexed, tree, AthenaQueries)
    return _as_select(tree)


def parse_unchecked(statement: str) -> exp.Query:
    """Parses a statement that must be one query, without checking its contents.

    Raises:
        SqlParseError: The syntax is invalid.
        SqlStatementError: It is empty, more than one statement or not a query.
        SqlLimitError: It is too long or too deeply nested.
    """
    lexed = lex(statement)
    with _parser_errors(lexed):
        return _as_select(_parsed(lexed))


def _parsed(lexed: Lexed) -> exp.Query | exp.Values:
    _check_is_query(lexed)
    dialect = AthenaQueries()
    tokens = dialect.tokenize(lexed.sql)
    check_same_tokens(lexed, {token.start for token in tokens})
    (tree,) = dialect.parser().parse(tokens, lexed.sql)
    if not isinstance(tree, exp.Query | exp.Values):
        kind = tree.key.upper() if tree is not None else ""
        raise SqlStatementError(kind, OTHER_STATEMENTS.get(kind, ""))
    return tree


def _check_is_query(lexed: Lexed) -> None:
    kind = next((token.text.upper() for token in lexed.tokens if token.text != "("), "(")
    if kind not in QUERY_KEYWORDS:
        raise SqlStatementError(kind, OTHER_STATEMENTS.get(kind, ""))
    count = 1 + sum(token.text == ";" for token in lexed.tokens)
    if count > 1:
        raise SqlStatementError(f"{count} statements", "Run each statement separately.")


@contextmanager
def _parser_errors(lexed: Lexed) -> Iterator[None]:
    try:
        yield
    except ParseError as error:
        raise _parse_error(lexed.given, error) from error
    except RecursionError as error:
        raise SqlLimitError("its operators are nested too deeply for the parser") from error
    except _PARSER_FAILURES as error:
        reason = f"the parser failed on this statement ({type(error).__name__})"
        raise syntax_error(lexed.given, lexed.tokens[0].start, reason, PARSER_HINT) from error


def _as_select(tree: exp.Query | exp.Values) -> exp.Query:
    if not isinstance(tree, exp.Values):
        return tree
    columns = [f"_col{index}" for index, _ in enumerate(tree.expressions[0].expressions)]
    clauses = {name: tree.args.pop(name) for name in _VALUES_CLAUSES if tree.args.get(name)}
    select = exp.select("*").from_(exp.alias_(tree, "rows", table=columns))
    for name, clause in clauses.items():
        select.set(name, clause)
    return select


def _parse_error(statement: str, error: ParseError) -> SqlParseError:
    details = error.errors[0]
    found = details["highlight"]
    # sqlglot's column is that of the token's last character.
    line, column = details["line"], max(details["col"] - len(found) + 1, 1)
    reason = _reason(details["description"], found)
    return SqlParseError(reason, line, column, excerpt(statement, line, column), PARSER_HINT)


def _reason(description: str, found: str) -> str:
    if description.startswith("Required keyword"):
        return f"something is missing at '{found}'"
    if description.startswith("Invalid expression"):
        return f"'{found}' was not expected"
    expected = description.partition(" but got <")[0]
    return f"{expected[:1].lower()}{expected[1:]} at '{found}'"
