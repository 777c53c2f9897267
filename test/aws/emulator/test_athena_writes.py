"""Statements that write on the emulated Athena, with boto3 and with awswrangler."""

from __future__ import annotations

import json

import awswrangler as wr
import boto3
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import S3FileSystem
from pyiceberg.catalog.glue import GlueCatalog

from datalake_sdk.settings import Environment
from test.emulator.athena_client import AthenaClient
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")
DATA = f"s3://{ENVIRONMENT.data_bucket}"
NEW_ORDERS = f"""
    CREATE TABLE dev_sales.orders (id bigint, item string COMMENT 'what', n int) PARTITIONED BY (bucket(4, id))
    LOCATION '{DATA}/sales/orders' TBLPROPERTIES ('table_type'='ICEBERG')
"""
ORDERS = "SELECT id, item, n FROM dev_sales.orders ORDER BY id"


@pytest.fixture
def athena(aws):
    create_domain(aws, ENVIRONMENT, ["sales"])
    return AthenaClient(aws, ENVIRONMENT.name)


@pytest.fixture
def orders(athena):
    athena.rows(NEW_ORDERS)
    athena.rows("INSERT INTO dev_sales.orders VALUES (1, 'cup', 10), (2, 'pot', 20)")
    return athena


@pytest.fixture
def catalog(aws):
    return GlueCatalog("glue", aws.client("glue"), **{"s3.endpoint": aws.endpoint, "s3.region": aws.region})


def keys(aws, location: str) -> list[str]:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return [
        entry["Key"] for entry in aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
    ]


def test_a_created_table_is_an_iceberg_table_with_its_partitions_and_comments(orders, catalog):
    table = catalog.load_table("dev_sales.orders")
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [("id_bucket_4", "bucket[4]")]
    assert table.schema().find_field("item").doc == "what"
    assert orders.run(NEW_ORDERS).reason.startswith("TABLE_ALREADY_EXISTS: ")


def test_rows_are_inserted_by_the_given_column_names(orders):
    finished = orders.run("INSERT INTO dev_sales.orders (n, id) SELECT n + 1, id + 2 FROM dev_sales.orders")
    assert finished.state == "SUCCEEDED", finished.reason
    assert orders.boto.get_query_results(QueryExecutionId=finished.query_id)["UpdateCount"] == 2
    assert orders.rows(ORDERS)[2:] == [("3", None, "11"), ("4", None, "21")]


def test_an_insert_with_mismatched_columns_changes_nothing(orders):
    finished = orders.run("INSERT INTO dev_sales.orders VALUES (1, 'cup')")
    assert finished.reason.startswith("TYPE_MISMATCH: Insert query has mismatched column types")
    assert len(orders.rows(ORDERS)) == 2


def test_rows_are_merged(orders):
    orders.rows(
        """
        MERGE INTO dev_sales.orders AS t USING (VALUES (1, 'mug'), (2, NULL), (3, 'pan')) AS s(id, item) ON t.id = s.id
        WHEN MATCHED AND s.item IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET item = s.item, n = t.n + 1
        WHEN NOT MATCHED THEN INSERT (id, item) VALUES (s.id, s.item)
        """
    )
    assert orders.rows(ORDERS) == [("1", "mug", "11"), ("3", "pan", None)]


def test_rows_are_updated_and_deleted(orders):
    orders.rows("UPDATE dev_sales.orders SET n = n * 2, item = upper(item) WHERE id = 2")
    orders.rows("DELETE FROM dev_sales.orders WHERE id IN (SELECT min(id) FROM dev_sales.orders)")
    assert orders.rows(ORDERS) == [("2", "POT", "40")]


def test_create_table_as_creates_an_iceberg_table(orders, catalog):
    properties = f"table_type = 'ICEBERG', is_external = false, location = '{DATA}/sales/copy/'"
    create = "CREATE TABLE dev_sales.copy WITH ({}) AS SELECT id, n FROM dev_sales.orders"
    orders.rows(create.format(f"{properties}, partitioning = ARRAY['n']"))
    table = catalog.load_table("dev_sales.copy")
    assert [field.name for field in table.spec().fields] == ["n"]
    assert orders.rows("SELECT * FROM dev_sales.copy ORDER BY id") == [("1", "10"), ("2", "20")]
    assert orders.run(create.format(properties)).reason.startswith("TABLE_ALREADY_EXISTS: line 1:14: ")


def test_create_table_as_creates_a_parquet_table(aws, orders):
    finished = orders.run(
        "CREATE TABLE dev_sales.flat WITH (format = 'PARQUET') AS SELECT id, item FROM dev_sales.orders"
    )
    assert finished.description["StatementType"] == "DDL"
    assert orders.rows("SELECT item FROM dev_sales.flat WHERE id = 2") == [("pot",)]
    orders.rows("INSERT INTO dev_sales.flat VALUES (3, 'pan')")
    assert orders.rows("SELECT count(*) FROM dev_sales.flat") == [("3",)]
    location = aws.client("glue").get_table(DatabaseName="dev_sales", Name="flat")["Table"]["StorageDescriptor"][
        "Location"
    ]
    orders.rows("DROP TABLE dev_sales.flat")
    assert keys(aws, location)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (
            "TIMESTAMP '2024-01-01 00:00:00.123456'",
            "NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6); the configured precision is MILLISECONDS",
        ),
        ("from_unixtime(0)", "NOT_SUPPORTED: Unsupported Hive type: timestamp(6) with time zone"),
        ("CAST('1' AS JSON)", "NOT_SUPPORTED: Unsupported Hive type: json"),
        ("TIME '10:00:00'", "NOT_SUPPORTED: Unsupported Hive type: time(6)"),
        ("NULL", "NOT_SUPPORTED: Unsupported Hive type: unknown"),
    ],
)
def test_unload_rejects_types_that_hive_does_not_support(athena, expression, reason):
    finished = athena.run(f"UNLOAD (SELECT {expression} AS v) TO '{DATA}/out/' WITH (format = 'PARQUET')")
    assert (finished.state, finished.reason) == ("FAILED", reason)


def test_unload_writes_unordered_parquet_files_and_a_manifest(aws, athena):
    query = "SELECT n, CAST(n AS varchar) AS t FROM UNNEST(sequence(1, 10)) AS t(n) ORDER BY n"
    finished = athena.run(f"UNLOAD ({query}) TO '{DATA}/out/' WITH (format = 'PARQUET', compression = 'SNAPPY')")
    assert finished.state == "SUCCEEDED", finished.reason
    files = [f"s3://{ENVIRONMENT.data_bucket}/{key}" for key in keys(aws, f"{DATA}/out/")]
    assert len(files) > 1
    manifest = finished.description["Statistics"]["DataManifestLocation"]
    assert keys(aws, manifest)
    s3 = S3FileSystem(endpoint_override=aws.endpoint, region=aws.region)
    parts = [pq.read_table(file.removeprefix("s3://"), filesystem=s3) for file in files]
    assert [part["n"].to_pylist() == sorted(part["n"].to_pylist()) for part in parts] == [True] * len(files)
    assert sorted(n for part in parts for n in part["n"].to_pylist()) == list(range(1, 11))


def test_unload_requires_an_empty_location(aws, athena):
    unload = f"UNLOAD (SELECT 1 AS n) TO '{DATA}/out/' WITH (format = 'PARQUET')"
    athena.rows(unload)
    before = keys(aws, f"{DATA}/out/")
    assert athena.run(unload).reason.startswith("HIVE_PATH_ALREADY_EXISTS: ")
    assert keys(aws, f"{DATA}/out/") == before


def test_unload_of_an_empty_result_writes_no_file(aws, athena):
    athena.rows(f"UNLOAD (SELECT 1 AS n WHERE 1 = 0) TO '{DATA}/out/' WITH (format = 'PARQUET')")
    assert keys(aws, f"{DATA}/out/") == []


def test_the_position_of_an_error_in_unload_is_that_in_the_whole_statement(athena):
    finished = athena.run(f"UNLOAD (\nSELECT nope FROM (SELECT 1 AS n)) TO '{DATA}/out/' WITH (format = 'PARQUET')")
    assert finished.reason.startswith("COLUMN_NOT_FOUND: line 2:8: ")


def test_dropping_an_iceberg_table_deletes_its_files(aws, orders):
    assert keys(aws, f"{DATA}/sales/orders/")
    orders.rows("DROP TABLE dev_sales.orders")
    assert keys(aws, f"{DATA}/sales/orders/") == []
    assert orders.run("DROP TABLE dev_sales.orders").state == "FAILED"
    assert orders.run("DROP TABLE IF EXISTS dev_sales.orders").state == "SUCCEEDED"


def test_a_view_returns_the_rows_of_its_query(orders):
    orders.rows("CREATE VIEW dev_sales.large AS SELECT id, n FROM dev_sales.orders WHERE n > 10")
    assert orders.rows("SELECT v.n FROM dev_sales.large AS v") == [("20",)]
    orders.rows("CREATE OR REPLACE VIEW dev_sales.large AS SELECT id FROM dev_sales.orders WHERE n > 0")
    assert orders.rows("SELECT count(*) FROM dev_sales.large") == [("2",)]
    orders.rows("DROP VIEW dev_sales.large")
    assert orders.run("SELECT * FROM dev_sales.large").reason.startswith("TABLE_NOT_FOUND")


@pytest.mark.parametrize("statement", ["OPTIMIZE {} REWRITE DATA USING BIN_PACK", "VACUUM {}"])
def test_maintenance_is_accepted_for_existing_tables(orders, statement):
    assert orders.run(statement.format("dev_sales.orders")).state == "SUCCEEDED"
    assert orders.run(statement.format("dev_sales.nope")).reason.startswith("TABLE_NOT_FOUND")
    assert len(orders.rows(ORDERS)) == 2


def test_databases_and_tables_are_created_shown_and_dropped(orders):
    orders.rows("CREATE DATABASE IF NOT EXISTS dev_stock")
    assert orders.rows("SHOW DATABASES") == [("dev_sales",), ("dev_stock",)]
    assert orders.rows("SHOW TABLES IN dev_sales") == [("orders",)]
    orders.rows("DROP DATABASE dev_stock")
    assert orders.run("DROP DATABASE dev_sales").state == "FAILED"


def test_permissions_are_those_of_the_caller(aws, orders):
    iam = aws.client("iam")
    trust = _policy(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = _policy(Action=["athena:*", "s3:*"], Resource="*")
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy)
    credentials = aws.assume_role(arn)
    aws.enforce_iam()
    try:
        reader = AthenaClient(aws, ENVIRONMENT.name)
        reader.boto = aws.client("athena", credentials)
        assert "glue:GetTable" in reader.run("SELECT * FROM dev_sales.orders").reason
        assert reader.rows("SELECT 1") == [("1",)]
    finally:
        aws.stop_enforcing_iam()


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")
class TestAwswrangler:
    """awswrangler works on the emulated Athena without changes."""

    SQL = "SELECT id, item, n FROM dev_sales.orders ORDER BY id"

    @pytest.fixture
    def session(self, orders):
        return {"boto3_session": boto3.Session(), "workgroup": ENVIRONMENT.name, "database": "dev_sales"}

    @pytest.mark.parametrize(
        "options",
        [{"ctas_approach": False}, {"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}],
    )
    def test_a_query_returns_a_dataframe(self, session, options):
        output = {"s3_output": f"s3://{ENVIRONMENT.technical_bucket}/unloaded/"} if "unload_approach" in options else {}
        frame = wr.athena.read_sql_query(self.SQL, **session, **options, **output)
        expected = [[1, "cup", 10], [2, "pot", 20]]
        assert sorted(frame.astype(object).to_numpy().tolist()) == expected

    def test_a_failed_query_raises_an_exception(self, session):
        with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND"):
            wr.athena.read_sql_query("SELECT nope FROM orders", ctas_approach=False, **session)

    def test_queries_are_started_waited_for_and_described(self, session):
        query_id = wr.athena.start_query_execution("SELECT 1 AS n", wait=False, **session)
        assert wr.athena.wait_query(query_id, session["boto3_session"])["Status"]["State"] == "SUCCEEDED"
        assert wr.athena.get_query_columns_types(query_id, session["boto3_session"]) == {"n": "integer"}
        assert wr.athena.describe_table("orders", "dev_sales", workgroup=ENVIRONMENT.name)["Type"].tolist() == [
            "bigint",
            "string",
            "int",
        ]

    def test_unload_and_ctas_are_written(self, session):
        wr.athena.unload("SELECT id FROM orders", path=f"{DATA}/un/", file_format="PARQUET", **session)
        assert sorted(wr.s3.read_parquet(f"{DATA}/un/")["id"]) == [1, 2]
        made = wr.athena.create_ctas_table("SELECT id FROM orders", wait=True, **session)
        assert wr.athena.read_sql_table(made["ctas_table"], ctas_approach=False, **session)["id"].sum() == 3

    def test_a_dataframe_is_written_to_an_iceberg_table(self, session):
        frame = pd.DataFrame({"id": [3], "item": ["pan"], "n": pd.Series([30], dtype="int32")})
        wr.athena.to_iceberg(frame, table="orders", temp_path=f"{DATA}/tmp/", **session)
        rows = wr.athena.read_sql_query(self.SQL, ctas_approach=False, **session)
        assert rows["id"].tolist() == [1, 2, 3]
