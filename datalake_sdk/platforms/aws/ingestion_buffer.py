"""Accepted requests on AWS: records and outcomes in DynamoDB, rows in SQS, sealed batches in S3."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from datalake_sdk.errors import AwsRequestError, RequestTooLargeError
from datalake_sdk.platforms.aws.conditional_writes import read_text, write_text
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.ingestion_buffer import (
    REMEMBERED_DAYS,
    AcceptedRows,
    BatchOutcome,
    BatchState,
    BufferLocation,
    RequestRecord,
    decoded,
    encoded,
)

_CONDITION_NOT_MET = "ConditionalCheckFailedException"
_KEYS_PER_READ = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
_MAX_MESSAGE_BYTES = 262_144
"""SQS accepts 1 MiB, but versions 5 of Terraform's provider cannot set more than 256 KiB.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
_THREADS = 16

_Item = dict[str, dict[str, str]]


class AwsBuffer:
    """Buffer of one table, created by the Terraform module `ingestion_api`.

    Args:
        session: Account and region.
        location: Resources that hold the requests.
    """

    def __init__(self, session: AwsSession, location: BufferLocation) -> None:
        self._session = session
        self._location = location

    def add(self, record: RequestRecord, rows: AcceptedRows) -> RequestRecord:
        message = encoded_message(rows)
        item = {"id": _string(_request(record.id)), "digest": _string(record.digest), "expires": _expiry()}
        if not self._written(Item=item, ConditionExpression="attribute_not_exists(id)"):
            stored = self.find([record.id]).get(record.id, record)
            if stored.batch is not None or stored.digest != record.digest:
                return stored
        # Also for a repeated request: the first one may have ended before it was sent.
        with aws_errors():
            self._session.client("sqs").send_message(QueueUrl=self._location.queue_url, MessageBody=message)
        return record

    def find(self, requests: Collection[str]) -> Mapping[str, RequestRecord]:
        found = self._items([_request(request) for request in requests])
        return {
            item["id"]["S"].removeprefix(_request("")): RequestRecord(
                item["id"]["S"].removeprefix(_request("")), item["digest"]["S"], item.get("batch_id", {}).get("S")
            )
            for item in found
        }

    def claim(self, records: Sequence[RequestRecord], batch: str) -> set[str]:
        with ThreadPoolExecutor(_THREADS) as threads:
            claimed = list(threads.map(lambda record: self._is_claimed(record, batch), records))
        return {record.id for record, is_claimed in zip(records, claimed, strict=True) if is_claimed}

    def seal(self, batch: str, content: Sequence[AcceptedRows]) -> list[AcceptedRows]:
        bucket, key = self._location.bucket, f"{self._location.prefix}{batch}.json"
        if write_text(self._session, bucket, key, encoded(content), IfNoneMatch="*"):
            return list(content)
        return decoded(read_text(self._session, bucket, key)[0])

    def complete(self, batch: str, outcome: BatchOutcome) -> None:
        item = {
            "id": _string(_batch(batch)),
            "outcome": _string(outcome.state.value),
            "error": _string(outcome.error),
            "expires": _expiry(),
        }
        if outcome.snapshot_id is not None:
            item["snapshot"] = {"N": str(outcome.snapshot_id)}
        # A batch that was written is not given up by another writer.
        self._written(
            Item=item,
            ConditionExpression="attribute_not_exists(id) OR outcome <> :written",
            ExpressionAttributeValues={":written": _string(BatchState.WRITTEN.value)},
        )

    def outcomes(self, batches: Collection[str]) -> Mapping[str, BatchOutcome]:
        return {
            item["id"]["S"].removeprefix(_batch("")): BatchOutcome(
                BatchState(item["outcome"]["S"]),
                int(item["snapshot"]["N"]) if "snapshot" in item else None,
                item["error"]["S"],
            )
            for item in self._items([_batch(batch) for batch in batches])
        }

    def _is_claimed(self, record: RequestRecord, batch: str) -> bool:
        values = {":batch": _string(batch)}
        # boto3 repeats a request whose response was lost: the record may be in this batch already.
        # https://docs.aws.amazon.com/boto3/latest/guide/retries.html
        condition = "attribute_exists(id) AND (attribute_not_exists(batch_id) OR batch_id = :batch)"
        if record.batch is not None:
            # Also in this batch: boto3 repeats a request whose response was lost.
            condition, values[":previous"] = "batch_id IN (:previous, :batch)", _string(record.batch)
        return self._changed(
            "update_item",
            Key={"id": _string(_request(record.id))},
            UpdateExpression="SET batch_id = :batch",
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )

    def _written(self, **arguments: Any) -> bool:
        return self._changed("put_item", **arguments)

    def _changed(self, operation: str, **arguments: Any) -> bool:
        """Changes an item; returns whether the condition was met."""
        try:
            with aws_errors():
                getattr(self._session.client("dynamodb"), operation)(
                    TableName=self._location.requests_table, **arguments
                )
        except AwsRequestError as error:
            if error.code != _CONDITION_NOT_MET:
                raise
            return False
        return True

    def _items(self, keys: Sequence[str]) -> Iterator[_Item]:
        for start in range(0, len(keys), _KEYS_PER_READ):
            wanted: list[_Item] = [{"id": _string(key)} for key in keys[start : start + _KEYS_PER_READ]]
            while wanted:
                found, wanted = self._read(wanted)
                yield from found

    def _read(self, keys: list[_Item]) -> tuple[list[_Item], list[_Item]]:
        """Reads items; returns them, and the keys that were not processed."""
        table = self._location.requests_table
        with aws_errors():
            answer = self._session.client("dynamodb").batch_get_item(
                RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
            )
        return answer["Responses"].get(table, []), answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])


def encoded_message(rows: AcceptedRows) -> str:
    """Compresses rows into a message, which may contain neither all characters nor any size.

    Raises:
        RequestTooLargeError: The message would be too large.
    """
    message = base64.b64encode(zlib.compress(encoded([rows]).encode())).decode()
    if len(message) > _MAX_MESSAGE_BYTES:
        raise RequestTooLargeError(len(message), _MAX_MESSAGE_BYTES, "the compressed body")
    return message


def decoded_message(message: str) -> AcceptedRows:
    """Parses the result of `encoded_message`.

    Raises:
        ValueError: It is something else.
    """
    try:
        return decoded(zlib.decompress(base64.b64decode(message, validate=True)).decode())[0]
    except (zlib.error, ValueError, TypeError, IndexError) as error:
        raise ValueError("the message was not sent by the ingestion API") from error


def _request(identifier: str) -> str:
    return f"request#{identifier}"


def _batch(identifier: str) -> str:
    return f"batch#{identifier}"


def _string(value: str) -> dict[str, str]:
    return {"S": value}


def _expiry() -> dict[str, str]:
    return {"N": str(int(time.time()) + REMEMBERED_DAYS * 86_400)}
