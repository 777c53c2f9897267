"""Functions of the API on AWS: one answers requests, the other writes what the queue delivers."""

from __future__ import annotations

import base64
import logging
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from datalake_sdk.errors import MissingTaskVariablesError
from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.ingestion_api.contract import Contract, contract_of
from datalake_sdk.ingestion_api.service import HttpRequest, IngestionService
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.tables_configuration import load_table_configuration
from datalake_sdk.platforms.aws.ingestion_buffer import AwsBuffer, decoded_message
from datalake_sdk.platforms.ingestion_buffer import AcceptedRows, BufferLocation
from datalake_sdk.platforms.select import open_aws_buffer, open_platform, resolve_environment
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName, parse_keys

REQUIRED_VARIABLES = (
    *("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME", "INGESTION_TABLE", "INGESTION_MODE"),
    *("QUEUE_URL", "REQUESTS_TABLE", "BATCHES_BUCKET", "BATCHES_PREFIX"),
)
"""Environment variables of both functions; `UPSERT_KEYS`, `PARTITION_KEYS` and `TABLE_STORAGE` are optional."""
_TABLE_FILES = Path("code/tables_configuration")
_SET_BY = "the Terraform module ingestion_api"

logger = logging.getLogger(__name__)


def accept(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answers a request to the HTTP API.

    Args:
        event: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
    """
    response = _service().respond(http_request(event))
    headers = {"content-type": "application/json", **response.headers}
    return {"statusCode": response.status, "headers": headers, "body": response.text}


def write(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Writes the rows of accepted requests.

    Args:
        event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event.

    Returns:
        The messages to deliver again.
        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting

    Raises:
        DatalakeError: All messages must be delivered again.
    """
    delivered = {record["messageId"]: _rows_of(record) for record in event["Records"]}
    try:
        written = _writer().write([rows for rows in delivered.values() if rows is not None]).written
    finally:
        # Lambda freezes threads after the answer. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        flush()
    failed = [message for message, rows in delivered.items() if rows is None or rows.request not in written]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def http_request(event: Mapping[str, Any]) -> HttpRequest:
    """Returns the request in an event of the HTTP API."""
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return HttpRequest(event["requestContext"]["http"]["method"], event["rawPath"], headers, body)


def _rows_of(record: Mapping[str, Any]) -> AcceptedRows | None:
    try:
        return decoded_message(record["body"])
    except ValueError as error:
        logger.warning("message %s: %s", record["messageId"], error)
        return None


@cache
def _service() -> IngestionService:
    return IngestionService(_contract(), _buffer())


@cache
def _writer() -> BatchWriter:
    from datalake_sdk.ingestion_api.commits import TableCommits

    # Only the folder for temporary files is writable, and HOME is not set.
    os.environ.setdefault("HOME", tempfile.gettempdir())
    project, domain, stage = (os.environ[name] for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME"))
    environment = resolve_environment(
        project, domain, stage, os.environ.get("AWS_REGION"), table_storage=os.environ.get("TABLE_STORAGE")
    )
    commits = TableCommits(open_platform(environment), _contract(), _ingestion_request())
    return BatchWriter(_buffer(), commits, in_order=bool(commits.contract.keys))


@cache
def _contract() -> Contract:
    request = _ingestion_request()
    keys = request.upsert_keys if request.mode is IngestionMode.UPSERT else ()
    return contract_of(request.table, request.configuration, None, keys)


def _ingestion_request() -> IngestionRequest:
    _check_variables()
    table = TableName.parse(os.environ["INGESTION_TABLE"])
    return IngestionRequest(
        table,
        IngestionMode.parse(os.environ["INGESTION_MODE"]),
        upsert_keys=parse_keys(os.environ.get("UPSERT_KEYS")),
        partition_keys=parse_keys(os.environ.get("PARTITION_KEYS")) or None,
        configuration=load_table_configuration(table, _TABLE_FILES),
    )


@cache
def _buffer() -> AwsBuffer:
    _check_variables()
    names = ("QUEUE_URL", "REQUESTS_TABLE", "BATCHES_BUCKET", "BATCHES_PREFIX")
    return open_aws_buffer(os.environ.get("AWS_REGION"), BufferLocation(*(os.environ[name] for name in names)))


def _check_variables() -> None:
    missing = {name: _SET_BY for name in REQUIRED_VARIABLES if name not in os.environ}
    if missing:
        raise MissingTaskVariablesError(missing)
