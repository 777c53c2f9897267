"""Commits to Glue that are rejected or delayed, or whose response is lost."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pyarrow as pa
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from datalake_sdk.engine.maintenance_policy import MaintenancePolicy
from datalake_sdk.engine.snapshot_expiration import expire_snapshots
from datalake_sdk.errors import AccessDeniedError, DatalakeError, UnknownCommitStateError
from datalake_sdk.settings import Environment
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration
from test.behavior.lake import Lake
from test.emulator import Emulator
from test.emulator.domain import empty_domain

OLD, NEW = [{"id": 1}], [{"id": 2}]
TIMEOUT = ReadTimeoutError(endpoint_url="https://glue")
NO_CONNECTION = EndpointConnectionError(endpoint_url="https://glue")


def service_error(code: str, status: int = 400, retries: int = 0) -> ClientError:
    """Returns botocore's error for an error response to the last attempt of a call."""
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": metadata}, "UpdateTable")


CONFLICT = service_error("ConcurrentModificationException")
LATE_CONFLICT = service_error("ConcurrentModificationException", retries=1)
THROTTLED_AT_LAST = service_error("ThrottlingException", retries=2)
EXPIRED_AT_LAST = service_error("ExpiredTokenException", retries=1)


@pytest.fixture
def lake(account: Emulator) -> Lake:
    """A domain without tables."""
    empty_domain(account, Environment("shop", "sales", "dev"), ["sales"])
    return Lake()


class Glue:
    """A client whose next update raises an error, either after applying it or without applying it."""

    def __init__(self, client, error, done, unreadable_after=False):
        self._client, self._error, self._done = client, error, done
        self._unreadable_after, self._over = unreadable_after, False
        self.arrive = None

    def __getattr__(self, name):
        return getattr(self._client, name)

    def update_table(self, **request):
        if self._over:
            return self._client.update_table(**request)
        self._over = True
        self.arrive = lambda: self._client.update_table(**request)
        if self._done:
            self.arrive()
        if isinstance(self._error, ClientError) and self._error.response["Error"]["Code"].startswith("Concurrent"):
            raise self._client.exceptions.ConcurrentModificationException(self._error.response, "UpdateTable")
        raise self._error

    def get_table(self, **request):
        if self._over and self._unreadable_after:
            raise NO_CONNECTION
        return self._client.get_table(**request)


def failing(lake: Lake, *how: object, **more: bool) -> Lake:
    late = lake.again()
    late.platform.catalog.glue = Glue(late.platform.catalog.glue, *how, **more)
    return late


def referenced(lake: Lake) -> set[str]:
    return {task.file.file_path for task in lake.iceberg().scan().plan_files()}


@pytest.mark.parametrize(
    "error",
    [
        CONFLICT,
        LATE_CONFLICT,
        TIMEOUT,
        NO_CONNECTION,
        service_error("InternalServiceException", 500),
        THROTTLED_AT_LAST,
        EXPIRED_AT_LAST,
    ],
    ids=str,
)
def test_a_commit_whose_response_was_lost_is_applied_once(lake, error):
    lake.ingest(OLD)
    result = failing(lake, error, True).ingest(NEW)
    assert (result.skipped, result.rows_inserted) == (False, 1)
    assert lake.rows() == OLD + NEW
    assert referenced(lake) == lake.data_files()


class Lossy:
    """Sends a client's first call, loses its response, and makes botocore's retries fail with a given status."""

    def __init__(self, lake: Lake, operation: str, status: int | None) -> None:
        self.calls, self._status = 0, status
        self._events, self._event = lake.platform.catalog.glue.meta.events, f"before-send.glue.{operation}"

    def __enter__(self):
        self._events.register(self._event, self._send)
        return self

    def __exit__(self, *_):
        # Other sessions use the same client.
        self._events.unregister(self._event, self._send)

    def _send(self, request, **_):
        self.calls += 1
        if self.calls == 1:
            URLLib3Session().send(request)
            raise ReadTimeoutError(endpoint_url=request.url)
        if self._status is None:
            raise EndpointConnectionError(endpoint_url=request.url)
        body = BytesIO(b'{"__type": "AccessDeniedException", "Message": "no"}')
        return AWSResponse(request.url, self._status, {}, HTTPResponse(body, preload_content=False))


@pytest.mark.parametrize("status", [None, 400])
@pytest.mark.parametrize("operation", ["CreateTable", "UpdateTable"])
def test_a_lost_response_is_recovered_whatever_the_result_of_the_retry(lake, monkeypatch, operation, status):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    if operation == "UpdateTable":
        lake.ingest(OLD)
    late = lake.again()
    with Lossy(late, operation, status) as lossy:
        assert late.ingest(NEW).rows_inserted == 1
    assert lossy.calls == 2
    assert lake.rows() == (OLD + NEW if operation == "UpdateTable" else NEW)


@pytest.mark.parametrize(
    "error",
    [
        LATE_CONFLICT,
        TIMEOUT,
        NO_CONNECTION,
        service_error("InternalServiceException", 500),
        service_error("OperationTimeoutException"),
        THROTTLED_AT_LAST,
        EXPIRED_AT_LAST,
    ],
    ids=str,
)
def test_the_files_of_a_commit_remain_if_it_arrives_after_its_retry_failed(lake, error):
    lake.ingest(OLD)
    late = failing(lake, error, False)
    with pytest.raises(UnknownCommitStateError):
        late.ingest(NEW)
    assert lake.rows() == OLD
    late.platform.catalog.glue.arrive()
    assert lake.rows() == OLD + NEW


@pytest.mark.parametrize("error", [CONFLICT, LATE_CONFLICT], ids=str)
def test_a_commit_that_lost_a_race_is_retried(lake, error, monkeypatch):
    lake.ingest(OLD)
    late = failing(lake, error, False)
    update = late.platform.catalog.glue.update_table
    others = [[{"id": 3}]]

    def let_another_in_first(**request):
        if others:
            lake.ingest(others.pop())
        return update(**request)

    monkeypatch.setattr(late.platform.catalog.glue, "update_table", let_another_in_first, raising=False)
    assert late.ingest(NEW).rows_inserted == 1
    assert lake.rows() == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert referenced(lake) == lake.data_files()


def test_a_successful_commit_is_detected_after_a_later_commit(lake, monkeypatch):
    lake.ingest(OLD)
    late = failing(lake, TIMEOUT, True)
    client = late.platform.catalog.glue
    update = client.update_table

    def update_and_let_another_in(**request):
        try:
            return update(**request)
        except ReadTimeoutError:
            lake.ingest([{"id": 3}])
            raise

    client.update_table = update_and_let_another_in
    assert late.ingest(NEW).rows_inserted == 1
    assert lake.rows() == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_a_commit_in_an_unknown_state_is_reported_and_can_be_repeated(lake):
    lake.ingest(OLD)
    with pytest.raises(UnknownCommitStateError, match="it is unknown whether the write was committed"):
        failing(lake, TIMEOUT, False).ingest(NEW, ingestion_id="run-1")
    assert not lake.ingest(NEW, ingestion_id="run-1").skipped
    assert lake.rows() == OLD + NEW


def test_a_repeated_write_is_skipped_if_the_first_succeeded(lake):
    lake.ingest(OLD)
    with pytest.raises(UnknownCommitStateError):
        failing(lake, TIMEOUT, True, unreadable_after=True).ingest(NEW, ingestion_id="run-1")
    assert lake.ingest(NEW, ingestion_id="run-1").skipped
    assert lake.rows() == OLD + NEW


def test_a_denied_commit_leaves_the_table_unchanged_and_no_files(lake):
    lake.ingest(OLD)
    files = lake.data_files()
    with pytest.raises(AccessDeniedError):
        failing(lake, service_error("AccessDeniedException"), False).ingest(NEW)
    assert (lake.rows(), lake.data_files()) == (OLD, files)


@pytest.fixture
def worn(lake: Lake, account: Emulator, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake whose next commit drops an old metadata file, which S3 fails to delete because of throttling."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    lake.ingest(OLD)
    for _ in range(2):
        with lake.iceberg().transaction() as transaction:
            transaction.set_properties({"write.metadata.previous-versions-max": "1", "touched": uuid4().hex})
    assert len(metadata_files(lake)) == 2
    account.fail_next("s3:DeleteObject", "SlowDown", status=503)
    return lake


def metadata_files(lake: Lake) -> set[str]:
    return {file for file in lake.files() if file.endswith(".metadata.json")}


def test_a_commit_succeeds_if_old_metadata_cannot_be_deleted(worn):
    assert worn.again().ingest(NEW).rows_inserted == 1
    assert len(metadata_files(worn)) == 3
    assert worn.rows() == OLD + NEW


def test_expiration_succeeds_if_old_metadata_cannot_be_deleted(worn):
    before = worn.iceberg().metadata_location
    assert not expire_snapshots(
        worn.platform.catalog, worn.iceberg().name(), MaintenancePolicy.of("", {}), 0, None
    ).has_conflicted
    assert len(metadata_files(worn)) == 3
    assert worn.iceberg().metadata_location != before
    assert worn.rows() == OLD


def test_an_unknown_database_of_a_new_table_is_reported(lake):
    elsewhere = lake.again()
    elsewhere.table = type(lake.table)("marketing", "clicks")
    with pytest.raises(DatalakeError, match="database 'dev_marketing' does not exist"):
        elsewhere.ingest(pa.table({"id": [1]}))


def test_glue_gets_descriptions_that_it_can_store(lake, account):
    configuration = TableConfiguration(
        "é" * 2_048, {"id": ColumnConfiguration(description="Number\n  of the order. " * 20)}
    )
    lake.ingest(OLD, configuration=configuration)
    table = account.client("glue").get_table(DatabaseName="dev_sales", Name="orders")["Table"]
    comment = table["StorageDescriptor"]["Columns"][0]["Comment"]
    assert table["Description"] == "é" * 1_022 + "…"
    assert comment.startswith("Number of the order. Number of the order. ")
    assert (len(comment.encode()), comment[-1]) == (255, "…")
