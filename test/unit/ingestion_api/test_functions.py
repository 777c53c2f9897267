from __future__ import annotations

import base64
import json

import pytest

from datalake_sdk.errors import InvalidSettingError, RequestTooLargeError
from datalake_sdk.ingestion_api.functions import REQUIRED_VARIABLES, http_request, write
from datalake_sdk.platforms.aws.ingestion_buffer import decoded_message, encoded_message
from datalake_sdk.platforms.ingestion_buffer import AcceptedRows


@pytest.mark.parametrize("is_encoded", [False, True])
def test_an_event_of_the_http_api_is_a_request(is_encoded):
    body = '{"id": 1, "city": "Nîmes"}'
    request = http_request(
        {
            "rawPath": "/requests",
            "headers": {"Idempotency-Key": "a"},
            "requestContext": {"http": {"method": "POST"}},
            "body": base64.b64encode(body.encode()).decode() if is_encoded else body,
            "isBase64Encoded": is_encoded,
        }
    )
    assert (request.method, request.path, request.headers["idempotency-key"]) == ("POST", "/requests", "a")
    assert json.loads(request.body) == {"id": 1, "city": "Nîmes"}


def test_any_body_fits_into_a_message_as_it_is():
    rows = AcceptedRows("request", '{"city": "\\u0000 \ufffe Nîmes"}', 1.5)
    message = encoded_message(rows)
    assert message.isascii()
    assert decoded_message(message) == rows


def test_a_body_that_is_too_large_after_compression_is_rejected():
    noise = base64.b64encode(bytes(hash(str(number)) % 256 for number in range(300_000))).decode()
    with pytest.raises(RequestTooLargeError, match="the compressed body has"):
        encoded_message(AcceptedRows("request", noise, 1.5))


@pytest.mark.parametrize("message", ["{}", "AQI=", "eJyLjgUAARUAuQ=="])
def test_a_foreign_message_is_an_error(message):
    with pytest.raises(ValueError, match="the message was not sent by the ingestion API"):
        decoded_message(message)


def test_the_writer_uses_the_table_storage_of_the_domain(monkeypatch):
    given = dict.fromkeys(REQUIRED_VARIABLES, "x") | {"INGESTION_MODE": "append", "TABLE_STORAGE": "hdfs"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettingError, match="table_storage is 'hdfs'"):
        write({"Records": []}, None)
