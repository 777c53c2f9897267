"""Clauses with a different meaning in DuckDB: columns of USING, names in ORDER BY, WITH TIES."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from datalake_sdk.errors import InvalidQueryError, SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_catalog import athena_functions

_BIGINT = range(-(2**63), 2**63)
_BIGINT_DIGITS = 19
_SHOWN_DIGITS = 40


def rewrite_clauses(tree: exp.Expr) -> None:
    """Rewrites clauses so that DuckDB gives them Athena's meaning; modifies the tree in place.

    Raises:
        InvalidQueryError: Athena rejects a clause or a literal.
        SqlUnsupportedError: WITH TIES follows DISTINCT, OFFSET or a set operation.
    """
    _check_integers(tree)
    for query in list(tree.find_all(exp.Query)):
        _check_row_counts(query)
        if isinstance(query, exp.Select):
            _put_common_columns_first(query)
            _resolve_order(query)
        _keep_ties(query)


def _check_integers(tree: exp.Expr) -> None:
    for literal in tree.find_all(exp.Literal):
        if literal.is_string or not literal.name.isdigit():
            continue
        sign = "-" if isinstance(literal.parent, exp.Neg) else ""
        # Python converts no string of thousands of digits: https://docs.python.org/3/library/stdtypes.html
        if len(literal.name.lstrip("0")) > _BIGINT_DIGITS or int(f"{sign}{literal.name}") not in _BIGINT:
            shown = literal.name if len(literal.name) <= _SHOWN_DIGITS else f"{literal.name[:_SHOWN_DIGITS]}…"
            raise InvalidQueryError(f"Invalid numeric literal: {shown}", f"Write it as a decimal: DECIMAL '{shown}'.")


def _check_row_counts(query: exp.Expr) -> None:
    for name in ("limit", "offset"):
        clause = query.args.get(name)
        count = (clause.args.get("count") or clause.args.get("expression")) if clause is not None else None
        if isinstance(count, exp.Literal) and (count.is_string or not count.name.isdigit()):
            raise InvalidQueryError(
                f"mismatched input '{count.sql('trino')}'. Expecting: <integer>", f"{name.upper()} takes an integer."
            )


def _put_common_columns_first(select: exp.Select) -> None:
    joins = select.args.get("joins") or []
    names = [column.name for join in reversed(joins) for column in join.args.get("using") or []]
    common = [exp.to_identifier(name) for name in dict.fromkeys(names)]
    if not common or not any(isinstance(column, exp.Star) for column in select.expressions):
        return
    columns: list[exp.Expr] = []
    for column in select.expressions:
        if isinstance(column, exp.Star):
            columns += [exp.column(name.copy()) for name in common]
            column = exp.Star(except_=[name.copy() for name in common])
        columns.append(column)
    select.set("expressions", columns)


def _resolve_order(select: exp.Select) -> None:
    """Resolves names within expressions of ORDER BY to output columns before input columns."""
    order = select.args.get("order")
    if order is None:
        return
    outputs = {column.alias.lower(): column.this for column in select.expressions if isinstance(column, exp.Alias)}
    for ordered in order.expressions:
        if not isinstance(ordered.this, exp.Column | exp.Literal):
            for column in list(_visible_columns(ordered.this)):
                if not column.table and column.name.lower() in outputs:
                    column.replace(exp.Paren(this=outputs[column.name.lower()].copy()))
    if select.args.get("distinct") is not None:
        _check_order_of_distinct(select, order)


def _visible_columns(node: exp.Expr) -> Iterator[exp.Column]:
    if isinstance(node, exp.Column):
        yield node
    elif not isinstance(node, exp.Query | exp.Window) and not _is_aggregate(node):
        for child in node.iter_expressions():
            yield from _visible_columns(child)


def _is_aggregate(node: exp.Expr) -> bool:
    function = athena_functions().get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
    return function is not None and function.kind == "aggregate"


def _check_order_of_distinct(select: exp.Select, order: exp.Order) -> None:
    if any(isinstance(column, exp.Star) for column in select.expressions):
        return
    results = {_canonical_sql(column.unalias()) for column in select.expressions}
    names = {column.alias_or_name.lower() for column in select.expressions}
    for ordered in order.expressions:
        value = ordered.this.unnest()
        is_name = isinstance(value, exp.Column) and value.name.lower() in names
        if not (is_name or isinstance(value, exp.Literal) or _canonical_sql(value) in results):
            raise InvalidQueryError(
                f"SELECT DISTINCT is ordered by '{value.sql('trino')}', which is not selected",
                "Add the expression to the SELECT, or order by selected expressions.",
            )


def _canonical_sql(expression: exp.Expr) -> str:
    """Returns the expression in lowercase and without table qualifiers."""
    bare = expression.copy()
    for column in list(bare.find_all(exp.Column)):
        column.set("table", None)
    return bare.sql("trino").lower()


def _keep_ties(query: exp.Expr) -> None:
    fetch = query.args.get("limit")
    options = fetch.args.get("limit_options") if isinstance(fetch, exp.Fetch) else None
    if not isinstance(fetch, exp.Fetch) or options is None or not options.args.get("with_ties"):
        return
    if not isinstance(query, exp.Select) or query.args.get("distinct") or query.args.get("offset"):
        raise SqlUnsupportedError("WITH TIES after DISTINCT, OFFSET or UNION", "Filter by rank() in an outer query.")
    if query.args.get("order") is None:
        raise InvalidQueryError("FETCH FIRST WITH TIES requires ORDER BY", "Add ORDER BY.")
    rank = exp.Window(this=call("rank"), order=_order_of_results(query))
    count = fetch.args.get("count") or exp.Literal.number(1)
    query.set("qualify", exp.Qualify(this=exp.LTE(this=rank, expression=count)))
    query.set("limit", None)


def _order_of_results(select: exp.Select) -> exp.Expr:
    """Returns ORDER BY with ordinals and output names replaced by expressions, as a window requires."""
    order: exp.Expr = select.args["order"].copy()
    outputs = {column.alias.lower(): column.this for column in select.expressions if isinstance(column, exp.Alias)}
    for ordered in order.expressions:
        value = ordered.this
        if isinstance(value, exp.Literal) and not value.is_string:
            ordered.set("this", _column_at(select, value).unalias().copy())
        elif isinstance(value, exp.Column) and not value.table and value.name.lower() in outputs:
            ordered.set("this", outputs[value.name.lower()].copy())
    return order


def _column_at(select: exp.Select, position: exp.Literal) -> exp.Expr:
    before: list[exp.Expr] = select.expressions[: int(position.name)] if position.name.isdigit() else []
    if any(isinstance(column, exp.Star) for column in before):
        raise SqlUnsupportedError("WITH TIES ordered by the position of a column of *", "Order by its name.")
    if not before or len(before) < int(position.name):
        raise InvalidQueryError(
            f"ORDER BY position {position.name} is not in select list",
            f"Order by a position from 1 to {len(select.expressions)}.",
        )
    return before[-1]
