"""A session in a database of Redshift: statements are checked, translated and run by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import duckdb
import sqlglot
from sqlglot import exp

from test.emulator.redshift_copy import copied_rows, parse_copy
from test.emulator.redshift_endpoints import Endpoint
from test.emulator.redshift_types import Declared, RedshiftError, declared, stored_types

_LOCK = re.compile(r"LOCK\s+(?:TABLE\s+)?(?P<table>[\w.\"]+)", re.IGNORECASE)
_ALTER_TYPE = re.compile(r"ALTER\s+TABLE\s+.*\bALTER\s+COLUMN\b.*\bTYPE\b", re.IGNORECASE | re.DOTALL)
_NOT_NULL = re.compile(r"NOT NULL constraint failed: \S+\.(?P<column>\S+)")
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


class Session:
    """Runs the statements of one execution.

    Args:
        endpoint: The workgroup or cluster.
        database: Name of the database.
        in_transaction: Whether all statements are one transaction.
        is_cancelled: Whether the execution was cancelled.
    """

    def __init__(
        self, endpoint: Endpoint, database: str, in_transaction: bool, is_cancelled: Callable[[], bool]
    ) -> None:
        self._endpoint = endpoint
        self._database = database
        self._in_transaction = in_transaction
        self._is_cancelled = is_cancelled
        self._has_begun = False
        self._temporary: dict[str, list[Declared]] = {}
        self.connection = endpoint.session(database)

    def run(self, sql: str) -> duckdb.DuckDBPyConnection | None:
        """Runs a statement; returns its result if it has one.

        Raises:
            RedshiftError: Redshift rejects the statement.
        """
        try:
            return self._run(sql.strip().rstrip(";"))
        except duckdb.Error as error:
            raise RedshiftError(_message(error)) from error

    def commit(self) -> None:
        """Commits the transaction and releases its locks.

        Raises:
            RedshiftError: Another transaction has changed the same rows.
        """
        try:
            if self._has_begun:
                self.connection.execute("COMMIT")
        except duckdb.Error as error:
            raise RedshiftError(_message(error)) from error
        finally:
            self._endpoint.unlock(self)

    def roll_back(self) -> None:
        """Rolls the transaction back and releases its locks."""
        try:
            if self._has_begun:
                self.connection.execute("ROLLBACK")
        finally:
            self._endpoint.unlock(self)

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection | None:
        locked = _LOCK.fullmatch(sql)
        if locked:
            self._lock(locked["table"])
            return None
        if _ALTER_TYPE.match(sql) and self._in_transaction:
            # https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
            raise RedshiftError("ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
        if sql.upper().startswith("COPY"):
            self._begin()
            self._copy(sql)
            return None
        statement = _parsed(sql)
        if not isinstance(statement, exp.Create):
            self._endpoint.wait(self, self._database, map(_name, _tables(statement)), self._is_cancelled)
        self._begin()
        return self._execute(statement)

    def _begin(self) -> None:
        """Begins the transaction, after its locks: a snapshot is taken by the first statement that reads.

        https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html
        """
        if self._in_transaction and not self._has_begun:
            self.connection.execute("BEGIN")
            self._has_begun = True

    def _lock(self, name: str) -> None:
        if not self._in_transaction:
            raise RedshiftError("LOCK TABLE may only be used in transaction blocks")
        table = exp.to_table(name, dialect="redshift")
        if not self._columns(table):
            raise RedshiftError(f'relation "{table.name}" does not exist')
        self._endpoint.lock(self, self._database, _name(table), self._is_cancelled)

    def _copy(self, sql: str) -> None:
        copy = parse_copy(sql)
        table = exp.to_table(copy.table, dialect="redshift")
        columns = self._columns(table)
        if not columns:
            raise RedshiftError(f'relation "{table.name}" does not exist')
        for rows in copied_rows(copy, self._endpoint, columns):
            self.connection.register("copied_rows", rows)
            self.connection.execute(f"INSERT INTO {table.sql('duckdb')} SELECT * FROM copied_rows")
            self.connection.unregister("copied_rows")
        self._check_lengths(table)

    def _execute(self, statement: exp.Expr) -> duckdb.DuckDBPyConnection | None:
        if isinstance(statement, exp.Merge):
            _check_merge(statement)
        created = self._declare(statement) if isinstance(statement, exp.Create) else True
        if isinstance(statement, exp.Alter):
            self._alter(statement)
        for parsed in list(statement.find_all(exp.ParseJSON)):
            parsed.replace(exp.func("redshift_json_parse", parsed.this))
        stored_types(statement)
        result = self.connection.execute(statement.sql("duckdb")) if created else None
        if isinstance(statement, _CHANGES):
            self._check_lengths(statement.this)
        if isinstance(statement, exp.TruncateTable) and self._has_begun:
            # https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
            self.connection.execute("COMMIT")
            self.connection.execute("BEGIN")
        return result if isinstance(statement, exp.Select) else None

    def _declare(self, statement: exp.Create) -> bool:
        """Stores the declared columns of a new table; returns whether the table is new."""
        if statement.kind != "TABLE" or not isinstance(statement.this, exp.Schema):
            raise RedshiftError("the emulator only creates tables with column definitions")
        table = statement.this.this
        columns = [declared(column) for column in statement.this.find_all(exp.ColumnDef)]
        if statement.find(exp.TemporaryProperty):
            self._temporary[table.name] = columns
            return True
        if self._columns(table):
            if statement.args.get("exists"):
                return False
            raise RedshiftError(f'Relation "{table.name}" already exists')
        # Another transaction that creates the table is unseen until the insertion into the catalog waits for it.
        self._endpoint.lock(self, self._database, _name(table), self._is_cancelled)
        for position, column in enumerate(columns, 1):
            self._store(table, column, position)
        return True

    def _alter(self, statement: exp.Alter) -> None:
        table, (action,) = statement.this, statement.args["actions"]
        columns = {column.name: column for column in self._columns(table)}
        if isinstance(action, exp.ColumnDef):
            if action.name in columns:
                raise RedshiftError(f'column "{action.name}" of relation "{table.name}" already exists')
            self._store(table, declared(action), len(columns) + 1)
            return
        if not isinstance(action, exp.AlterColumn) or not action.args.get("dtype"):
            raise RedshiftError("the emulator only adds columns and changes their type")
        before, after = columns[action.name], declared(exp.ColumnDef(this=action.this, kind=action.args["dtype"]))
        if before.length is None or before.type != after.type or (after.length or 0) < before.length:
            raise RedshiftError(f'cannot alter type of column "{action.name}" to a smaller or different type')
        self.connection.execute(
            "UPDATE main.declared_columns SET character_maximum_length = ? WHERE schema_name = ? AND table_name = ? "
            "AND column_name = ?",
            [after.length, _schema(table), table.name, action.name],
        )

    def _store(self, table: exp.Table, column: Declared, position: int) -> None:
        row = [_schema(table), table.name, column.name, position, column.type]
        row += [column.length, column.precision, column.scale, "YES" if column.nullable else "NO"]
        self.connection.execute("INSERT INTO main.declared_columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _columns(self, table: exp.Table) -> list[Declared]:
        if not table.db and table.name in self._temporary:
            return self._temporary[table.name]
        found = self.connection.execute(
            "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, "
            "is_nullable = 'YES' FROM main.declared_columns WHERE schema_name = ? AND table_name = ? "
            "ORDER BY ordinal_position",
            [_schema(table), table.name],
        ).fetchall()
        return [Declared(*row) for row in found]

    def _check_lengths(self, table: exp.Expr) -> None:
        target = table.this if isinstance(table, exp.Schema) else table
        for column in self._columns(target):
            if column.length is None:
                continue
            name = exp.to_identifier(column.name, quoted=True).sql("duckdb")
            size = f"strlen({name})" if column.type == "character varying" else f"octet_length({name})"
            query = f"SELECT max({size}) FROM {exp.to_table(target.sql('duckdb'), dialect='duckdb').sql('duckdb')}"
            (longest,) = self.connection.execute(query).fetchone() or (None,)
            if longest is not None and longest > column.length:
                raise RedshiftError(f"Value too long for type {column.type}({column.length})")


def _parsed(sql: str) -> exp.Expr:
    try:
        statement = sqlglot.parse_one(sql, read="redshift")
    except sqlglot.ParseError as error:
        near = (error.errors or [{}])[0].get("highlight", "")
        raise RedshiftError(f'syntax error at or near "{near}"') from error
    supported = (exp.Create, exp.Alter, exp.Select, exp.Drop, exp.TruncateTable, *_CHANGES)
    if not isinstance(statement, supported):
        raise RedshiftError(f'syntax error at or near "{sql.split()[0]}"')
    return statement


def _check_merge(statement: exp.Merge) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_MERGE.html."""
    if not isinstance(statement.args["using"], exp.Table):
        raise RedshiftError("MERGE source must be a table")
    clauses = [bool(clause.args.get("matched")) for clause in statement.args["whens"].expressions]
    if sorted(clauses) != [False, True]:
        raise RedshiftError("MERGE requires one WHEN MATCHED and one WHEN NOT MATCHED clause")
    if any(
        not isinstance(each, exp.EQ | exp.Column | exp.Identifier | exp.And) for each in statement.args["on"].walk()
    ):
        raise RedshiftError("MERGE supports only equal predicates between columns")


def _tables(statement: exp.Expr) -> Iterator[exp.Table]:
    yield from statement.find_all(exp.Table)


def _name(table: exp.Table) -> str:
    return f"{_schema(table)}.{table.name}"


def _schema(table: exp.Table) -> str:
    return table.db or "public"


def _message(error: duckdb.Error) -> str:
    text = str(error)
    if found := _NOT_NULL.search(text):
        return f"Cannot insert a NULL value into column {found['column']}"
    if "more than one source row" in text or "more than once" in text:
        return "Found multiple matches to update the same tuple."
    if isinstance(error, duckdb.TransactionException) and "conflict on create" in text:
        return (
            # https://github.com/embulk/embulk-output-jdbc/issues/243
            'duplicate key violates unique constraint "pg_class_relname_nsp_index" '
            "(possibly caused by concurrent transaction conflict)"
        )
    if isinstance(error, duckdb.TransactionException):
        return f"1023 DETAIL: Serializable isolation violation on table ({text.splitlines()[0]})"
    if isinstance(error, duckdb.CatalogException):
        named = re.search(r"with name \"?([\w.]+)\"? does not exist", text)
        return f'relation "{named[1]}" does not exist' if named else text.splitlines()[0]
    return text.splitlines()[0]
