"""Long processes use renewed credentials of a login."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
import botocore.session
import pytest
from botocore.credentials import Credentials
from pyiceberg.schema import Schema

from datalake_sdk.engine.iceberg_internals import transaction_table
from datalake_sdk.platforms.aws.catalog import AwsCatalog
from datalake_sdk.platforms.aws.s3_tables import S3TablesCatalog
from datalake_sdk.platforms.aws.session import AwsSession

_IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ada</Arn>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_NAMESPACES = b'{"defaults": {}, "overrides": {}, "namespaces": []}'


class _Login(Credentials):
    """Credentials of IAM Identity Center, whose keys are renewed."""

    def __init__(self) -> None:
        super().__init__("first", "secret", "token", method="sso")


class Aws(ThreadingHTTPServer):
    """STS and the REST catalog, which records the keys that sign requests."""

    def __init__(self) -> None:
        self.signed_with: list[str] = []
        aws = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._answer(_IDENTITY, "text/xml")

            def do_GET(self) -> None:
                aws.signed_with.append(self.headers["Authorization"].partition("Credential=")[2].partition("/")[0])
                self._answer(_NAMESPACES, "application/json")

            def _answer(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with Aws() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def login() -> _Login:
    return _Login()


@pytest.fixture
def session(login: _Login) -> AwsSession:
    core = botocore.session.get_session()
    core.set_config_variable("region", "eu-west-1")
    core._credentials = login
    return AwsSession(boto_session=boto3.Session(botocore_session=core))


def test_requests_to_s3_tables_are_signed_with_the_current_keys(aws, login, session):
    catalog = S3TablesCatalog(session, "tables")
    login.access_key = "second"
    catalog.list_namespaces()
    assert aws.signed_with == ["first", "second"]


def test_the_storage_of_tables_has_the_current_keys(login, session):
    catalog = AwsCatalog(session, "data")
    login.access_key = "second"
    assert catalog.file_io({}, "s3://data/orders").properties["s3.access-key-id"] == "second"


def test_the_storage_of_tables_in_s3_tables_has_the_current_keys(aws, login, session):
    catalog = S3TablesCatalog(session, "tables")
    login.access_key = "second"
    io = transaction_table(catalog.create_table_transaction("sales.orders", Schema())).io
    assert io.properties["s3.access-key-id"] == "second"
