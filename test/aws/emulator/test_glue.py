"""The Glue Data Catalog behaves as documented by AWS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog

WRITERS, COMMITS = 3, 4
PATIENT = {"commit.retry.num-retries": "200", "commit.retry.min-wait-ms": "20", "commit.retry.max-wait-ms": "300"}


@pytest.fixture
def glue(aws):
    client = aws.client("glue")
    client.create_database(DatabaseInput={"Name": "sales"})
    return client


@pytest.fixture
def orders(glue):
    glue.create_table(DatabaseName="sales", TableInput={"Name": "orders", "Parameters": {"step": "0"}})
    return partial(glue.update_table, DatabaseName="sales")


def version(glue):
    return glue.get_table(DatabaseName="sales", Name="orders")["Table"]["VersionId"]


def step(number):
    return {"Name": "orders", "Parameters": {"step": str(number)}}


def test_an_update_of_a_stale_version_is_rejected(glue, orders):
    stale = version(glue)
    orders(TableInput=step(1), VersionId=stale)
    with pytest.raises(glue.exceptions.ConcurrentModificationException, match="concurrent modifications"):
        orders(TableInput=step(2), VersionId=stale)
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Parameters"] == {"step": "1"}


def test_an_update_without_a_version_always_succeeds(glue, orders):
    for number in (1, 2):
        orders(TableInput=step(number))
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Parameters"] == {"step": "2"}


def test_an_update_archives_the_old_version_unless_skip_archive_is_set(glue, orders):
    versions = partial(glue.get_table_versions, DatabaseName="sales", TableName="orders")
    orders(TableInput=step(1), VersionId=version(glue))
    assert len(versions()["TableVersions"]) == 2
    orders(TableInput=step(2), VersionId=version(glue), SkipArchive=True)
    assert len(versions()["TableVersions"]) == 2


def test_concurrent_appends_to_an_iceberg_table_lose_no_rows(aws):
    aws.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": aws.region})
    catalog = _catalog(aws.endpoint)
    catalog.create_namespace("sales")
    schema = pa.schema([("writer", pa.int64()), ("number", pa.int64())])
    catalog.create_table("sales.orders", schema, "s3://lake/orders", properties=PATIENT)
    start = Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(partial(_append, _catalog(aws.endpoint), start), range(WRITERS)))
    rows = catalog.load_table("sales.orders").scan().to_arrow().to_pylist()
    written = {(row["writer"], row["number"]) for row in rows}
    assert written == {(writer, number) for writer in range(WRITERS) for number in range(COMMITS)}
    assert len(rows) == WRITERS * COMMITS


def test_names_are_stored_in_lower_case(glue):
    glue.create_database(DatabaseInput={"Name": "Marketing"})
    glue.create_table(DatabaseName="MARKETING", TableInput={"Name": "Clicks"})
    assert glue.get_table(DatabaseName="marketing", Name="CLICKS")["Table"]["Name"] == "clicks"


def test_tables_are_returned_in_pages_of_a_hundred(glue):
    for number in range(101):
        glue.create_table(DatabaseName="sales", TableInput={"Name": f"t{number:03}"})
    first = glue.get_tables(DatabaseName="sales")
    second = glue.get_tables(DatabaseName="sales", NextToken=first["NextToken"])
    assert [len(first["TableList"]), len(second["TableList"])] == [100, 1]
    assert "NextToken" not in second


def test_only_the_requested_attributes_of_tables_are_returned(glue, orders):
    glue.create_table(DatabaseName="sales", TableInput={"Name": "parcels", "TableType": "VIRTUAL_VIEW"})
    get = partial(glue.get_tables, DatabaseName="sales")
    assert get(AttributesToGet=["NAME"])["TableList"] == [{"Name": "orders"}, {"Name": "parcels"}]
    _, view = get(AttributesToGet=["NAME", "TABLE_TYPE"])["TableList"]
    assert view == {"Name": "parcels", "TableType": "VIRTUAL_VIEW"}
    with pytest.raises(glue.exceptions.InvalidInputException, match="must include NAME"):
        get(AttributesToGet=["TABLE_TYPE"])


def test_databases_are_returned_in_pages_of_the_requested_size(glue):
    glue.create_database(DatabaseInput={"Name": "finance"})
    pages = glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1})
    assert [[database["Name"] for database in page["DatabaseList"]] for page in pages] == [["sales"], ["finance"]]


def _catalog(endpoint):
    return load_catalog("test", **{"type": "glue", "s3.endpoint": endpoint, "s3.region": "eu-west-1"})


def _append(catalog, start, writer):
    start.wait()
    for number in range(COMMITS):
        catalog.load_table("sales.orders").append(pa.table({"writer": [writer], "number": [number]}))
