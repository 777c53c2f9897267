"""Parses statements and selects the function that runs each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlglot import exp, parse
from sqlglot.errors import ParseError

from datalake_sdk.errors import SqlParseError, SqlStatementError
from datalake_sdk.sql.athena import AthenaQueries, parse_unchecked
from test.emulator import athena_ddl as ddl
from test.emulator import athena_dml as dml
from test.emulator.athena_errors import RejectedError
from test.emulator.athena_session import Outcome, Session

_LEADING = r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_NAME = r'[\w."`$]+'
_UNLOAD = re.compile(
    rf"({_LEADING}UNLOAD\s*\()(?P<query>.*)\)\s*TO\s*'(?P<to>[^']+)'\s*(?:WITH\s*\((?P<properties>.*)\))?\s*;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_OPTIMIZE = re.compile(rf"{_LEADING}OPTIMIZE\s+(?P<table>{_NAME})\s+REWRITE\s+DATA\s+USING\s+BIN_PACK\b", re.IGNORECASE)
_VACUUM = re.compile(rf"{_LEADING}VACUUM\s+(?P<table>{_NAME})\s*;?\s*\Z", re.IGNORECASE)
_SHOW = re.compile(
    rf"{_LEADING}(?:SHOW\s+(?P<what>DATABASES|SCHEMAS|TABLES)(?:\s+(?:IN|FROM)\s+(?P<database>{_NAME}))?"
    rf"|DESC(?:RIBE)?\s+(?:FORMATTED\s+|EXTENDED\s+)?(?P<table>{_NAME}))",
    re.IGNORECASE,
)
_FIRST_WORD = re.compile(rf"{_LEADING}\(*\s*(?P<word>\w+)", re.DOTALL)
_HIVE_DDL = re.compile(
    rf"{_LEADING}(?:CREATE|DROP)\b(?!.*\bAS\s*\(?\s*(?:SELECT|WITH|VALUES)\b)", re.IGNORECASE | re.DOTALL
)


T = TypeVar("T", bound=exp.Expr)


@dataclass(frozen=True)
class Statement:
    """A statement that StartQueryExecution accepts.

    Attributes:
        kind: DML, DDL or UTILITY.
        substatement: For example SELECT or CREATE_TABLE_AS_SELECT.
        ending: Extension of the result's file; empty if the statement has no such file.
        run: Runs the statement in a session.
    """

    kind: str
    substatement: str
    ending: str
    run: Callable[[Session], Outcome] = field(repr=False)


def parse_statement(text: str, parameters: list[str]) -> Statement:
    """Parses a statement as StartQueryExecution does.

    Raises:
        RejectedError: It is not one valid statement of a supported kind.
    """
    word = _FIRST_WORD.search(text)
    if word is None:
        raise RejectedError("Query string is empty or contains only comments")
    try:
        return _parsed(text, word["word"].upper(), parameters)
    except SqlParseError as error:
        raise _malformed(text, error.line, error.column) from error
    except ParseError as error:
        details = error.errors[0]
        column = max(details["col"] - len(details["highlight"]) + 1, 1)
        raise _malformed(text, details["line"], column) from error
    except SqlStatementError as error:
        raise RejectedError(f"Only one sql statement is allowed. Got: {text}") from error


def _parsed(text: str, word: str, parameters: list[str]) -> Statement:
    if word == "UNLOAD":
        return _unload(text, parameters)
    if found := _OPTIMIZE.search(text) or _VACUUM.search(text):
        target = exp.to_table(found["table"].replace("`", '"'), dialect="trino")
        return Statement("DDL", word, "txt", lambda session: ddl.maintain(session, target))
    if shown := _SHOW.search(text):
        return Statement("UTILITY", word, "txt", lambda session: ddl.show(session, **shown.groupdict()))
    if word in ("SELECT", "WITH", "VALUES"):
        query = _with_parameters(parse_unchecked(text), parameters)
        return Statement("DML", "SELECT", "csv", lambda session: _select(session, query))
    return _changing(text, word, parameters)


def _changing(text: str, word: str, parameters: list[str]) -> Statement:
    dialect = "athena" if _HIVE_DDL.search(text) else AthenaQueries
    trees = [tree for tree in parse(text, read=dialect) if tree is not None]
    if len(trees) != 1:
        raise RejectedError(f"Only one sql statement is allowed. Got: {text}")
    tree = _with_parameters(trees[0], parameters)
    match tree:
        case exp.Insert():
            return Statement("DML", "INSERT", "", lambda session: dml.insert(session, tree))
        case exp.Merge() | exp.Update() | exp.Delete():
            return Statement("DML", tree.key.upper(), "", lambda session: dml.change(session, tree))
        case exp.Create(kind="VIEW"):
            return Statement("DDL", "CREATE_VIEW", "txt", lambda session: ddl.create_view(session, tree))
        case exp.Create(kind="TABLE") if tree.expression:
            return Statement("DDL", "CREATE_TABLE_AS_SELECT", "", lambda session: dml.create_as(session, tree))
        case exp.Create() | exp.Drop():
            name = f"{tree.key.upper()}_{tree.args['kind']}"
            return Statement("DDL", name, "txt", lambda session: ddl.create_or_drop(session, tree))
    raise RejectedError(f"Queries of this type are not supported ({word})", "NOT_SUPPORTED")


def _unload(text: str, parameters: list[str]) -> Statement:
    found = _UNLOAD.search(text)
    if found is None:
        raise RejectedError("line 1:1: mismatched input 'UNLOAD'", "MALFORMED_QUERY")
    # Blanks preserve the positions of the query in the whole statement.
    query = _with_parameters(parse_unchecked(re.sub(r"[^\n]", " ", found[1]) + found["query"]), parameters)
    properties = dict(re.findall(r"(\w+)\s*=\s*'([^']*)'", found["properties"] or ""))
    return Statement("DML", "UNLOAD", "", lambda session: dml.unload(session, query, found["to"], properties))


def _select(session: Session, query: exp.Query) -> Outcome:
    columns, rows = session.engine().run(query.copy())
    return Outcome(columns, rows)


def _with_parameters(tree: T, parameters: list[str]) -> T:
    """Replaces each `?` by an execution parameter, which is a SQL expression."""
    placeholders = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(placeholders) != len(parameters):
        counts = f"expected {len(placeholders)} but found {len(parameters)}"
        raise RejectedError(f"line 1:1: Incorrect number of parameters: {counts}", "INVALID_PARAMETER_USAGE")
    for placeholder, value in zip(placeholders, parameters, strict=True):
        placeholder.replace(exp.maybe_parse(value, dialect=AthenaQueries))
    return tree


def _malformed(text: str, line: int, column: int) -> RejectedError:
    rest = text.split("\n")[line - 1][column - 1 :]
    found = re.match(r"\w+|\S", rest)
    name = found[0] if found else "<EOF>"
    return RejectedError(f"line {line}:{column}: mismatched input '{name}'", "MALFORMED_QUERY")
