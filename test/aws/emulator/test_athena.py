"""Queries on the emulated Athena: results, errors and cancellation."""

from __future__ import annotations

import csv
import io

import pytest
from botocore.exceptions import ClientError

from datalake_sdk.settings import Environment
from test.emulator.athena_client import AthenaClient
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")
ORDERS = f"""
    CREATE TABLE dev_sales.orders (id bigint, item string, price decimal(10,2), ts timestamp, tags array<string>)
    PARTITIONED BY (day(ts)) LOCATION 's3://{ENVIRONMENT.data_bucket}/sales/orders/'
    TBLPROPERTIES ('table_type'='ICEBERG')
"""
ROWS = """
    INSERT INTO dev_sales.orders VALUES
    (1, 'cup', DECIMAL '2.50', TIMESTAMP '2024-01-01 10:00:00', ARRAY['a', 'b']),
    (2, NULL, DECIMAL '4.00', TIMESTAMP '2024-01-02 10:00:00.123456', ARRAY[])
"""


@pytest.fixture
def athena(aws):
    create_domain(aws, ENVIRONMENT, ["sales"])
    return AthenaClient(aws, ENVIRONMENT.name)


@pytest.fixture
def orders(athena):
    athena.rows(ORDERS)
    athena.rows(ROWS)
    return athena


def content(aws, location: str) -> bytes:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_result_is_a_csv_file_and_pages_of_text(aws, orders):
    finished = orders.run("SELECT id, item, price, ts, tags FROM dev_sales.orders ORDER BY id")
    assert finished.columns == [
        ("id", "bigint"),
        ("item", "varchar"),
        ("price", "decimal"),
        ("ts", "timestamp"),
        ("tags", "array"),
    ]
    assert finished.rows == [
        ("1", "cup", "2.50", "2024-01-01 10:00:00.000000", "[a, b]"),
        ("2", None, "4.00", "2024-01-02 10:00:00.123456", "[]"),
    ]
    location = finished.description["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{ENVIRONMENT.technical_bucket}/athena/results/{finished.query_id}.csv"
    lines = content(aws, location).decode().splitlines()
    assert lines[0] == '"id","item","price","ts","tags"'
    assert lines[2] == '"2",,"4.00","2024-01-02 10:00:00.123456","[]"'
    assert content(aws, f"{location}.metadata")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("true", "boolean", "true"),
        ("CAST(7 AS tinyint)", "tinyint", "7"),
        ("1e10", "double", "1.0E10"),
        ("1e-5", "double", "1.0E-5"),
        ("CAST(1.5 AS real)", "float", "1.5"),
        ("123456.789e0", "double", "123456.789"),
        ("DATE '2024-01-02'", "date", "2024-01-02"),
        ("CAST(TIMESTAMP '2024-01-02 03:04:05.678' AS timestamp(3))", "timestamp", "2024-01-02 03:04:05.678"),
        ("from_unixtime(0)", "timestamp with time zone", "1970-01-01 00:00:00.000000 UTC"),
        ("MAP(ARRAY['k'], ARRAY[1])", "map", "{k=1}"),
        ("CAST(ROW(1, 'z') AS ROW(q integer, w varchar))", "row", "{q=1, w=z}"),
        ("ARRAY[1, NULL]", "array", "[1, null]"),
        ("X'6869'", "varbinary", "68 69"),
        ("NULL", "unknown", None),
    ],
)
def test_values_are_written_as_athena_writes_them(athena, value, kind, text):
    finished = athena.run(f"SELECT {value} AS v")
    assert (finished.columns, finished.rows) == ([("v", kind)], [(text,)]), finished.reason


def test_only_the_first_page_of_results_has_a_header(athena):
    query_id = athena.run("SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n").query_id
    get = athena.boto.get_query_results
    first = get(QueryExecutionId=query_id)
    assert [row["Data"][0]["VarCharValue"] for row in first["ResultSet"]["Rows"]][:3] == ["n", "1", "2"]
    assert len(first["ResultSet"]["Rows"]) == 1000
    second = get(QueryExecutionId=query_id, NextToken=first["NextToken"], MaxResults=500)
    assert second["ResultSet"]["Rows"][0]["Data"] == [{"VarCharValue": "1000"}]
    pages = athena.boto.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    assert sum(len(page["ResultSet"]["Rows"]) for page in pages) == 2501


def test_unnamed_columns_are_numbered_and_duplicate_names_are_kept(athena):
    finished = athena.run("SELECT * FROM (SELECT 1 AS n, 2 AS n, 3) LIMIT 0")
    assert finished.columns == [("n", "integer"), ("n", "integer"), ("_col2", "integer")]


def test_only_the_columns_and_files_that_are_read_count_as_scanned(orders):
    everything = orders.run("SELECT * FROM dev_sales.orders").scanned
    one_column = orders.run("SELECT item FROM dev_sales.orders").scanned
    one_day = orders.run("SELECT * FROM dev_sales.orders WHERE ts < TIMESTAMP '2024-01-02 00:00:00'").scanned
    one_id = orders.run("SELECT * FROM dev_sales.orders WHERE id = 1").scanned
    assert 0 < one_column < everything
    assert 0 < one_id < everything
    assert one_day <= everything
    assert orders.run("SELECT * FROM dev_sales.orders WHERE id > 5").scanned == 0
    assert orders.run("SELECT * FROM dev_sales.orders LIMIT 0").scanned == 0
    assert orders.run("SELECT count(*) FROM dev_sales.orders").scanned == 0


def test_an_older_snapshot_is_read(orders):
    (first,) = orders.rows('SELECT snapshot_id FROM dev_sales."orders$snapshots" ORDER BY committed_at LIMIT 1')
    orders.rows("DELETE FROM dev_sales.orders WHERE id = 1")
    count = "SELECT count(*) FROM dev_sales.orders"
    assert orders.rows(count) == [("1",)]
    assert orders.rows(f"{count} FOR VERSION AS OF {first[0]}") == [("2",)]
    assert orders.rows(f"{count} FOR TIMESTAMP AS OF current_timestamp") == [("1",)]


@pytest.mark.parametrize("name", ["snapshots", "history", "files", "partitions", "refs"])
def test_metadata_tables_are_read(orders, name):
    assert orders.rows(f'SELECT * FROM dev_sales."orders${name}"')


def test_the_context_has_the_database_of_unqualified_tables(orders):
    context = {"Database": "dev_sales"}
    assert orders.rows("SELECT id FROM orders WHERE id = 2", QueryExecutionContext=context) == [("2",)]
    finished = orders.run("SELECT id FROM orders")
    assert finished.reason == "MISSING_SCHEMA_NAME: line 1:16: Schema must be specified when session schema is not set"


def test_execution_parameters_replace_question_marks(orders):
    sql = "SELECT id FROM dev_sales.orders WHERE id = ? AND price > ?"
    assert orders.rows(sql, ExecutionParameters=["2", "DECIMAL '1.00'"]) == [("2",)]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT *\nFROM dev_sales.ordres",
            "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.dev_sales.ordres' does not exist",
        ),
        ("SELECT * FROM nope.orders", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nope' does not exist"),
        (
            "SELECT nope FROM dev_sales.orders",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access "
            "requested resources",
        ),
        ("SELECT foo(id) FROM dev_sales.orders", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
        (
            "SELECT id, count(*) FROM dev_sales.orders",
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause",
        ),
        ("SELECT 1 / (id - id) FROM dev_sales.orders", "DIVISION_BY_ZERO: Division by zero"),
    ],
)
def test_a_failed_query_has_the_reason_of_athena(orders, sql, reason):
    finished = orders.run(sql)
    assert (finished.state, finished.reason) == ("FAILED", reason)
    error = finished.description["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["Retryable"], error["ErrorMessage"]) == (2, False, reason)
    with pytest.raises(ClientError, match="Query did not finish successfully. Final query state: FAILED"):
        orders.boto.get_query_results(QueryExecutionId=finished.query_id)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1\nFORM x y z", "line 2:8: mismatched input 'y'|line 2:6: mismatched input 'x'"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("-- nothing", "empty"),
        ("GRANT SELECT ON x TO y", "not supported"),
    ],
)
def test_an_invalid_statement_is_rejected_before_it_starts(athena, sql, message):
    with pytest.raises(ClientError, match=message) as caught:
        athena.start(sql)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert athena.boto.list_query_executions(WorkGroup=ENVIRONMENT.name)["QueryExecutionIds"] == []


def test_an_unknown_workgroup_is_rejected(athena):
    for call in (
        lambda: athena.start("SELECT 1", WorkGroup="nope"),
        lambda: athena.boto.get_work_group(WorkGroup="nope"),
    ):
        with pytest.raises(ClientError, match=r"\(InvalidRequestException\).*WorkGroup is not found"):
            call()


def test_an_enforced_workgroup_determines_the_output_location(aws, athena):
    elsewhere = {"OutputLocation": f"s3://{ENVIRONMENT.data_bucket}/elsewhere/"}

    def output() -> str:
        finished = athena.run("SELECT 1", ResultConfiguration=elsewhere)
        return finished.description["ResultConfiguration"]["OutputLocation"]

    assert output().startswith(f"s3://{ENVIRONMENT.technical_bucket}/athena/results/")
    update = {"EnforceWorkGroupConfiguration": False}
    athena.boto.update_work_group(WorkGroup=ENVIRONMENT.name, ConfigurationUpdates=update)
    assert output().startswith(elsewhere["OutputLocation"])


def test_a_query_without_an_output_location_is_rejected(athena):
    with pytest.raises(ClientError, match="No output location provided"):
        athena.start("SELECT 1", WorkGroup="primary")


def test_a_query_that_scans_more_than_the_workgroup_allows_is_cancelled(athena):
    numbers = "UNNEST(sequence(1, 1000)) AS t(n), UNNEST(sequence(1, 500)) AS u(n)"
    ids = f"SELECT CAST(uuid() AS varchar) AS a, CAST(uuid() AS varchar) AS b FROM {numbers}"
    athena.rows(f"CREATE TABLE dev_sales.ids WITH (format = 'PARQUET') AS {ids}")
    update = {"BytesScannedCutoffPerQuery": 10_000_000}
    athena.boto.update_work_group(WorkGroup=ENVIRONMENT.name, ConfigurationUpdates=update)
    finished = athena.run("SELECT max(a), max(b) FROM dev_sales.ids")
    assert (finished.state, finished.reason) == ("CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded")


def test_a_running_query_is_stopped(aws, orders):
    aws.control("hold_queries", containing="orders")
    query_id = orders.start("DELETE FROM dev_sales.orders")
    assert aws.control("held_query") == query_id
    status = orders.boto.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
    assert status["State"] == "RUNNING"
    with pytest.raises(ClientError, match="Query has not yet finished. Current state: RUNNING"):
        orders.boto.get_query_results(QueryExecutionId=query_id)
    orders.boto.stop_query_execution(QueryExecutionId=query_id)
    status = aws.control("finished_query", query_id=query_id)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
    aws.control("release_queries")
    assert orders.rows("SELECT count(*) FROM dev_sales.orders") == [("2",)]


def test_a_query_within_the_engine_is_stopped(aws, athena):
    numbers = ", ".join(f"UNNEST(sequence(1, 10000)) AS t{index}(n)" for index in range(4))
    query_id = athena.start(f"SELECT count(*) FROM {numbers}")
    athena.boto.stop_query_execution(QueryExecutionId=query_id)
    assert aws.control("finished_query", query_id=query_id)["Status"]["State"] == "CANCELLED"


def test_the_same_request_token_starts_one_query(athena):
    token = "t" * 32
    assert athena.start("SELECT 1", ClientRequestToken=token) == athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1") != athena.start("SELECT 1")


def test_an_unknown_query_is_rejected(athena):
    for call in (athena.boto.get_query_execution, athena.boto.get_query_results, athena.boto.stop_query_execution):
        with pytest.raises(ClientError, match="QueryExecution 0-0 was not found"):
            call(QueryExecutionId="0-0")


def test_a_named_query_is_deleted(athena):
    arguments = {"Name": "n", "Database": "d", "QueryString": "SELECT 1", "WorkGroup": ENVIRONMENT.name}
    query_id = athena.boto.create_named_query(**arguments)["NamedQueryId"]
    assert athena.boto.get_named_query(NamedQueryId=query_id)["NamedQuery"]["Name"] == "n"
    athena.boto.delete_named_query(NamedQueryId=query_id)
    for call in (athena.boto.get_named_query, athena.boto.delete_named_query):
        with pytest.raises(ClientError, match="was not found"):
            call(NamedQueryId=query_id)


def test_several_executions_are_described_at_once(athena):
    ids = [athena.run(f"SELECT {number}").query_id for number in range(2)]
    answer = athena.boto.batch_get_query_execution(QueryExecutionIds=[*ids, "0-0"])
    assert [found["QueryExecutionId"] for found in answer["QueryExecutions"]] == ids
    assert [missing["QueryExecutionId"] for missing in answer["UnprocessedQueryExecutionIds"]] == ["0-0"]


def test_quotes_and_line_breaks_are_escaped_in_the_csv_file(aws, athena):
    finished = athena.run("SELECT 'a\"b,\nc' AS t, '' AS e, NULL AS n")
    body = content(aws, finished.description["ResultConfiguration"]["OutputLocation"]).decode()
    assert list(csv.reader(io.StringIO(body)))[1] == ['a"b,\nc', "", ""]
    assert body.endswith('"",\n')
