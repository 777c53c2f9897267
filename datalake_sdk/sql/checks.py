"""Allow-list of the syntax and functions of queries, the same on every platform.

A statement runs, or is sent to Athena, only if everything in it is on the list; any other syntax is rejected.
"""

from __future__ import annotations

from difflib import get_close_matches

from sqlglot import exp

from datalake_sdk.errors import SqlNotAllowedError, UnknownFunctionError
from datalake_sdk.sql.function_catalog import NEWER, athena_functions
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.statements import OTHER_STATEMENTS

_JSON_PATH: frozenset[type[exp.Expr]] = frozenset({exp.JSONPath, *exp.JSONPathPart.__subclasses__()})
SYNTAX: frozenset[type[exp.Expr]] = _JSON_PATH | frozenset(
    {
        *(exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.Values, exp.Tuple, exp.With, exp.CTE),
        *(exp.From, exp.Join, exp.Lateral, exp.Unnest, exp.Table, exp.TableAlias, exp.TableSample, exp.Version),
        *(exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch, exp.LimitOptions),
        *(exp.Distinct, exp.GroupingSets, exp.Cube, exp.Rollup, exp.Filter, exp.Window, exp.WindowSpec),
        *(exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup, exp.GroupConcat, exp.OverflowTruncateBehavior),
        *(exp.MatchRecognize, exp.MatchRecognizeMeasure, exp.Anonymous, exp.Lambda, exp.If),
        *(exp.Column, exp.ColumnDef, exp.Identifier, exp.Dot, exp.Star, exp.Alias, exp.Literal, exp.Var, exp.Null),
        *(exp.HexString, exp.UnicodeString, exp.Boolean, exp.Array, exp.Bracket, exp.Paren, exp.Case),
        *(exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.IntervalSpan),
        *(exp.Extract, exp.Trim, exp.Substring, exp.StrPosition, exp.AtTimeZone),
        *(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp),
        *(exp.CurrentCatalog, exp.CurrentUser),
        *(exp.JSON, exp.JSONValue, exp.JSONObject, exp.JSONKeyValue, exp.JSONExtract, exp.JSONExtractQuote),
        *(exp.JSONTable, exp.JSONSchema, exp.JSONColumnDef, exp.OnCondition, exp.ParseJSON, exp.FormatJson),
        *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between),
        *(exp.Like, exp.Escape, exp.Exists, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Any, exp.All),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe),
    }
)
"""Kinds of nodes that a query may contain."""
_NAVIGATION = frozenset({"first", "last", "next", "prev"})
"""Functions of MATCH_RECOGNIZE: https://trino.io/docs/current/sql/match-recognize.html"""
_OWN_CATALOGS = ("", "awsdatacatalog")
"""Names of the account's Glue catalog, which includes linked databases."""
_TABLES = "FROM accepts tables named database.table, subqueries, UNNEST, LATERAL, JSON_TABLE and VALUES."
_QUERIES = "Write one SELECT, WITH or VALUES over tables named database.table, with functions that Athena documents."
_IDENTIFIERS = "Write names without quotes, or in double quotes."
_NAMES: dict[type[exp.Expr], str] = {
    exp.FunctionSpecification: "WITH FUNCTION",
    exp.Into: "SELECT … INTO",
    exp.Lock: "FOR UPDATE or SHARE",
    exp.Parameter: "a parameter",
    exp.Placeholder: "a placeholder",
    exp.Struct: "a struct literal",
}


def check_query(tree: exp.Expr, statement: str) -> None:
    """Checks that a query contains only allowed syntax, functions and tables.

    Args:
        tree: A parsed query.
        statement: Its text, for the position of an error.

    Raises:
        SqlNotAllowedError: Syntax that is not on the list, or a table outside of the lake.
        UnknownFunctionError: A function that Athena does not have.
    """
    for node in tree.walk(bfs=False):
        if type(node) not in SYNTAX:
            found = _NAMES.get(type(node), node.key.upper())
            raise _not_allowed(statement, node, found, OTHER_STATEMENTS.get(found, _QUERIES))
        if isinstance(node, exp.JSONExtract) and not node.args.get("json_query"):
            raise _not_allowed(statement, node, "operator ->", _QUERIES)
        if isinstance(node, exp.Identifier) and statement.startswith("'", node.meta.get("start", len(statement))):
            raise _not_allowed(statement, node, "a string in place of a name", _IDENTIFIERS)
        if isinstance(node, exp.Anonymous):
            _check_function(node, statement)
        elif isinstance(node, exp.Table | exp.Lateral):
            _check_relation(node, statement)


def _check_function(node: exp.Anonymous, statement: str) -> None:
    name = node.name.lower()
    if isinstance(node.parent, exp.Dot) and node.arg_key == "expression":
        raise _not_allowed(statement, node, f"function {name}() of a catalog or schema", _QUERIES)
    if name in athena_functions() or name in NEWER:
        return
    if name in _NAVIGATION and node.find_ancestor(exp.MatchRecognize):
        return
    error = UnknownFunctionError(name, get_close_matches(name, sorted(athena_functions())))
    error.show_position(*locate(statement, node))
    raise error


def _check_relation(node: exp.Table | exp.Lateral, statement: str) -> None:
    source = node.this
    if isinstance(source, exp.Func) and not isinstance(source, exp.JSONTable):
        raise _not_allowed(statement, node, f"function {source.name.lower()}() in FROM", _TABLES)
    if isinstance(node, exp.Table) and (isinstance(source, exp.Dot) or node.catalog.lower() not in _OWN_CATALOGS):
        raise _not_allowed(statement, node, f"catalog '{node.catalog}'", _TABLES)


def _not_allowed(statement: str, node: exp.Expr, found: str, allowed: str) -> SqlNotAllowedError:
    return SqlNotAllowedError(found, allowed, *locate(statement, node))
