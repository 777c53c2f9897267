"""Queries on Athena return the same rows and types as on the embedded lake."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import boto3
import pytest

from datalake_sdk import errors
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.local.sql import LocalSql
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment
from datalake_sdk.sql.lexer import lex
from test.emulator.athena_client import AthenaClient
from test.emulator.domain import create_domain
from test.unit.sql.accepted_statements import ACCEPTED, ATHENA_ONLY
from test.unit.sql.rejected_statements import REJECTED

ENVIRONMENT = Environment("shop", "sales", "dev")
ORDERS = f"""
    CREATE TABLE dev_sales.orders (id bigint, item string, price decimal(10,2), ts timestamp, times array<timestamp>)
    LOCATION 's3://{ENVIRONMENT.data_bucket}/sales/orders/' TBLPROPERTIES ('table_type'='ICEBERG')
"""
ROWS = """
    INSERT INTO dev_sales.orders SELECT n, CAST(n AS varchar), CAST(n AS decimal(10,2)),
    TIMESTAMP '2024-01-01 10:00:00.123456', ARRAY[TIMESTAMP '2024-01-01 10:00:00.5', NULL]
    FROM UNNEST(sequence(1, 20)) AS t(n)
"""


@pytest.fixture
def athena(aws):
    create_domain(aws, ENVIRONMENT, ["sales"])
    client = AthenaClient(aws, ENVIRONMENT.name)
    client.rows(ORDERS)
    client.rows(ROWS)
    return client


@pytest.fixture
def platform(athena):
    return open_platform(ENVIRONMENT)


def rows(platform, statement):
    return query(platform, statement).read_all().to_pylist()


def unloaded(aws):
    listed = aws.client("s3").list_objects_v2(Bucket=ENVIRONMENT.technical_bucket, Prefix="athena/unload/")
    return [entry["Key"] for entry in listed.get("Contents", ())]


@pytest.mark.parametrize("order", ["", " ORDER BY 1"])
@pytest.mark.parametrize(
    "columns",
    [
        "true AS b, CAST(1 AS tinyint) AS t, CAST(2 AS smallint) AS s, 3 AS i, 4000000000 AS l, CAST(1.5 AS real) AS r",
        "1e300 AS d, 1.50 AS e, DECIMAL '12345678901234567890.123' AS f, DATE '2024-02-29' AS g",
        "TIMESTAMP '2024-01-01 10:00:00.123456' AS t, TIMESTAMP '2024-01-01 10:00:00 Europe/Paris' AS z",
        "TIME '10:11:12' AS c, TIMESTAMP '1969-12-31 23:59:59.999999' AS u",
        "'a\"b,\nc' AS t, '' AS e, NULL AS n, X'6869' AS x, CAST('[1]' AS JSON) AS j",
        "1 AS n, 2 AS n, 3, 'x' AS \"a b\"",
    ],
)
def test_values_and_types_equal_those_of_the_embedded_lake(platform, tmp_path, columns, order):
    statement = f"SELECT {columns}{order}"
    remote = query(platform, statement).read_all()
    local = LocalSql(tmp_path).query(statement, lambda reference: "").read_all()
    assert remote.schema == local.schema
    assert [column.to_pylist() for column in remote.columns] == [column.to_pylist() for column in local.columns]


def test_nested_values_and_types_equal_those_of_the_embedded_lake(platform, tmp_path):
    statement = """
        SELECT ARRAY[1, NULL] AS a, MAP(ARRAY['k'], ARRAY[1.5]) AS m,
        ARRAY[TIMESTAMP '2024-01-01 10:00:00.500001'] AS t,
        CAST(ROW(1, TIMESTAMP '2024-01-01 10:00:00.123456') AS ROW(n integer, t timestamp(6))) AS r
    """
    remote = query(platform, statement).read_all()
    local = LocalSql(tmp_path).query(statement, lambda reference: "").read_all()
    assert (remote.schema, remote.to_pylist()) == (local.schema, local.to_pylist())


def test_the_database_prefix_is_replaced(platform):
    found = query(platform, "SELECT * FROM {database_prefix}sales.orders").read_all()
    types = ["int64", "string", "decimal128(10, 2)", "timestamp[us]", "list<l: timestamp[us]>"]
    assert [str(field.type) for field in found.schema] == types
    assert sorted(found["id"].to_pylist()) == list(range(1, 21))


class Sent(Exception):
    """Raised instead of sending a statement."""

    def __init__(self, statement):
        super().__init__(statement)
        self.statement = statement


@pytest.fixture
def nothing_sent(athena):
    """The platform with a session that sends no statements."""

    def fail(params, **_):
        raise Sent(json.loads(params["body"])["QueryString"])

    session = boto3.Session()
    session.events.register("before-call.athena.StartQueryExecution", fail)
    return open_platform(ENVIRONMENT, session)


def test_a_forbidden_statement_is_not_sent(nothing_sent):
    for statement in chain(*REJECTED.values()):
        with pytest.raises(errors.UsageError):
            query(nothing_sent, statement)


def test_a_valid_query_is_sent_unchanged_except_for_comments(nothing_sent):
    for statement in (*ACCEPTED, *ATHENA_ONLY):
        with pytest.raises(Sent) as caught:
            query(nothing_sent, statement)
        assert lex(statement).sql in caught.value.statement


@pytest.mark.parametrize("direction", ["", " DESC"])
def test_rows_keep_the_order_of_the_query(platform, direction):
    ids = [row["id"] for row in rows(platform, f"SELECT id FROM dev_sales.orders ORDER BY id{direction}")]
    assert ids == sorted(range(1, 21), reverse=bool(direction))


@pytest.mark.parametrize("order", ["", " ORDER BY id"])
def test_an_empty_result_keeps_its_types(platform, order):
    empty = query(platform, f"SELECT id, price, ts FROM dev_sales.orders WHERE id > 99{order}").read_all()
    assert empty.num_rows == 0
    assert [str(field.type) for field in empty.schema] == ["int64", "decimal128(10, 2)", "timestamp[us]"]


def test_a_sorted_result_with_nested_columns_is_rejected_with_a_hint(platform):
    with pytest.raises(errors.UnsortableResultError, match="'times'") as caught:
        query(platform, "SELECT id, times FROM dev_sales.orders ORDER BY id")
    assert "json_format" in caught.value.hint


class TestUnloadedFiles:
    """Unloaded files are deleted when they are no longer read."""

    STATEMENT = "SELECT id FROM dev_sales.orders"

    def test_are_deleted_after_the_last_row(self, aws, platform):
        reader = query(platform, self.STATEMENT)
        assert len(unloaded(aws)) > 1
        reader.read_all()
        assert unloaded(aws) == []

    def test_are_deleted_with_an_unread_reader(self, aws, platform):
        reader = query(platform, self.STATEMENT)
        del reader
        gc.collect()
        assert unloaded(aws) == []

    def test_are_deleted_with_a_partly_read_reader(self, aws, platform):
        reader = query(platform, self.STATEMENT)
        reader.read_next_batch()
        del reader
        gc.collect()
        assert unloaded(aws) == []

    def test_are_deleted_when_the_query_is_stopped(self, aws, athena, platform):
        aws.control("hold_queries", containing="UNLOAD")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(query, platform, self.STATEMENT)
            query_id = aws.control("held_query")
            text = athena.boto.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Query"]
            prefix = re.search(r"TO 's3://[^/]+/([^']+)'", text)[1]
            aws.client("s3").put_object(Bucket=ENVIRONMENT.technical_bucket, Key=f"{prefix}half", Body=b"")
            athena.boto.stop_query_execution(QueryExecutionId=query_id)
            with pytest.raises(errors.QueryCancelledError):
                running.result()
        assert unloaded(aws) == []


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("SELECT nope FROM dev_sales.orders", errors.UnknownColumnError, "column 'nope' does not exist"),
        ("SELECT * FROM dev_sales.ordres", errors.UnknownTableError, "table 'dev_sales.ordres' does not exist"),
        ("SELECT * FROM nope.orders", errors.UnknownDatabaseError, "database 'nope' does not exist"),
        ("SELECT *\n  FROM orders", errors.UnqualifiedTableError, "table 'orders' has no database"),
        ("SELECT 1\nFROM\n WHERE", errors.SqlParseError, "SQL, line 3, column 2: expected table name at 'WHERE'"),
        (
            "SELECT 1\nFROM\n WHERE ORDER BY 1",
            errors.SqlParseError,
            "SQL, line 3, column 2: expected table name at 'WHERE'",
        ),
        (
            "SELECT\n foo(id) FROM dev_sales.orders",
            errors.UnknownFunctionError,
            "line 2, column 2: .*'foo' not registered",
        ),
        (
            "SELECT date_trunc('day') FROM dev_sales.orders",
            errors.FunctionArgumentsError,
            "line 1, column 8: date_trunc takes 2 arguments, got 1: date_trunc\\(unit, x\\)",
        ),
        ("SELECT id FROM dev_sales.orders WHERE 1 / (id - id) = 1", errors.AthenaQueryError, "DIVISION_BY_ZERO"),
        ("DROP TABLE dev_sales.orders", errors.SqlStatementError, "DROP"),
    ],
)
def test_an_invalid_query_has_the_same_error_or_athenas_reason(platform, statement, error, message):
    with pytest.raises(error, match=message):
        query(platform, statement).read_all()


def test_a_missing_workgroup_is_named(platform):
    other = open_platform(Environment("shop", "sales", "prod"))
    with pytest.raises(errors.NoSuchWorkgroupError, match="workgroup 'shop_sales_prod' does not exist in eu-west-1"):
        query(other, "SELECT 1 AS n")


def test_a_missing_permission_is_named(aws, platform, monkeypatch):
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for name, value in aws.assume_role(role).items():
        monkeypatch.setenv(name.upper(), value)
    aws.enforce_iam()
    try:
        with pytest.raises(errors.AccessDeniedError, match="athena:StartQueryExecution"):
            query(open_platform(ENVIRONMENT), "SELECT 1 AS n")
    finally:
        aws.stop_enforcing_iam()


def test_statistics_are_reported_before_the_rows(platform):
    taken = []
    query(platform, "SELECT id FROM dev_sales.orders", taken.append)
    (statistics,) = taken
    assert statistics.scanned_bytes > 0
    assert statistics.cost == pytest.approx(5e-5)
    assert statistics.seconds > 0


def test_a_query_stopped_by_another_caller_raises(aws, athena, platform):
    aws.control("hold_queries", containing="orders")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(query, platform, "SELECT id FROM dev_sales.orders ORDER BY id")
        athena.boto.stop_query_execution(QueryExecutionId=aws.control("held_query"))
        with pytest.raises(errors.QueryCancelledError, match="cancelled"):
            running.result()


class TestTerminal:
    """The command line on Athena."""

    NAMES = ("-p", "shop", "-d", "sales", "-s", "dev")

    def start(self, *arguments):
        program = "from datalake_sdk.cli.main import cli; cli()"
        command = [sys.executable, "-c", program, *self.NAMES, "query", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)

    def test_an_interrupt_stops_the_query(self, aws, platform):
        aws.control("hold_queries", containing="orders")
        with self.start("SELECT id FROM dev_sales.orders") as process:
            query_id = aws.control("held_query")
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate()
        assert (process.returncode, stderr) == (130, "Interrupted\n")
        assert aws.control("finished_query", query_id=query_id)["Status"]["State"] == "CANCELLED"


def test_a_consumer_group_selects_the_workgroup_and_its_unload_folder(aws, platform):
    folder = f"s3://{ENVIRONMENT.technical_bucket}/athena/consumers/finance"
    aws.client("athena").create_work_group(
        Name="shop_sales_dev_finance",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": f"{folder}/results/"},
        },
    )
    finance = open_platform(replace(ENVIRONMENT, consumer_group="finance"))
    assert rows(finance, "SELECT count(*) AS n FROM dev_sales.orders") == [{"n": 20}]
    client = aws.client("athena")
    ids = client.list_query_executions(WorkGroup="shop_sales_dev_finance")["QueryExecutionIds"]
    statements = [client.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Query"] for each in ids]
    assert any(f"TO '{folder}/unload/" in statement for statement in statements)


def test_the_error_for_a_missing_consumer_group_mentions_the_option(platform):
    with pytest.raises(errors.NoSuchWorkgroupError, match="'shop_sales_dev_hr' does not exist") as raised:
        rows(open_platform(replace(ENVIRONMENT, consumer_group="hr")), "SELECT 1")
    assert "--consumer-group" in raised.value.hint
