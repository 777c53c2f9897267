"""S3 Tables: the Iceberg REST catalog of table buckets, which moto lacks, on moto's tables.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-open-source.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from moto.core.exceptions import JsonRESTError
from moto.s3.models import s3_backends
from moto.s3tables.models import S3TablesBackend, Table, s3tables_backends
from pyiceberg.catalog.rest import CreateTableRequest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableRequest
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata
from werkzeug.wrappers import Request, Response

from test.emulator import access
from test.emulator.access import AccessDeniedError, Principal
from test.emulator.iam_principals import UnknownCredentialsError
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT
from test.emulator.table_buckets import table_arn

PATCHES = ServicePatches("s3_tables")

_ROOT = "/iceberg/v1/"
_PATH = re.compile(r"(?P<bucket>arn:aws:s3tables:[a-z0-9-]+:\d{12}:bucket/[^/]+)/(?P<rest>.+)")
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([a-z0-9-]+)/([a-z0-9]+)/aws4_request")
_METADATA_BYTES = 50 << 20
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-open-source.html"""
_KINDS = {400: "BadRequestException", 403: "ForbiddenException", 404: "NotFoundException", 409: "ConflictException"}


class _RefusedError(Exception):
    """A request that the catalog rejects."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@PATCHES.application(_ROOT)
def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Serves the Iceberg REST catalog."""
    request = Request(environ)
    try:
        answer = _route(request)
    except _RefusedError as refused:
        answer = _error(refused.status, str(refused))
    except AccessDeniedError as denied:
        answer = _error(403, str(denied))
    except JsonRESTError as error:
        answer = _error(int(error.code), error.message)
    return answer(environ, start)


def _route(request: Request) -> Response:
    caller, region = _caller(request)
    path = request.path.removeprefix(_ROOT)
    if path == "config":
        return _config(caller, region, request.args.get("warehouse", ""))
    found = _PATH.fullmatch(path)
    if found is None:
        raise _RefusedError(404, f"No such path: {path}")
    catalog = _Catalog(caller, s3tables_backends[ACCOUNT][region], found["bucket"])
    body = json.loads(request.get_data() or b"{}")
    match request.method, found["rest"].split("/"):
        case "GET", ["namespaces"]:
            return catalog.namespaces()
        case "GET", ["namespaces", namespace]:
            return catalog.namespace(namespace)
        case "GET", ["namespaces", namespace, "tables"]:
            return catalog.tables(namespace)
        case "POST", ["namespaces", namespace, "tables"]:
            return catalog.create(namespace, body)
        case "GET", ["namespaces", namespace, "tables", table]:
            return catalog.load(namespace, table)
        case "POST", ["namespaces", namespace, "tables", table]:
            return catalog.commit(namespace, table, body)
        case "DELETE", ["namespaces", namespace, "tables", table]:
            return catalog.drop(namespace, table, request.args.get("purgeRequested", "false"))
    raise _RefusedError(404, f"Not supported: {request.method} {path}")


def _caller(request: Request) -> tuple[Principal, str]:
    found = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    if found is None:
        raise _RefusedError(403, "Missing Authentication Token")
    key, region, service = found.groups()
    if service != "s3tables":
        raise _RefusedError(403, f"Credential should be scoped to correct service: 's3tables', not '{service}'")
    try:
        return Principal.from_credentials(ACCOUNT, key, request.headers.get("X-Amz-Security-Token")), region
    except UnknownCredentialsError:
        raise _RefusedError(403, "The security token included in the request is invalid.") from None


def _config(caller: Principal, region: str, warehouse: str) -> Response:
    access.require(caller, "s3tables:GetTableBucket", warehouse)
    s3tables_backends[ACCOUNT][region].get_table_bucket(warehouse)
    return _json({"defaults": {}, "overrides": {"prefix": quote(warehouse, safe="")}})


@dataclass(frozen=True)
class _Catalog:
    """The catalog of a table bucket, for one caller."""

    caller: Principal
    backend: S3TablesBackend
    arn: str

    def namespaces(self) -> Response:
        self._require("ListNamespaces", self.arn)
        return _json({"namespaces": [[name] for name in self.backend.get_table_bucket(self.arn).namespaces]})

    def namespace(self, namespace: str) -> Response:
        self._require("GetNamespace", self.arn, namespace)
        return _json({"namespace": [self.backend.get_namespace(self.arn, namespace).name], "properties": {}})

    def tables(self, namespace: str) -> Response:
        self._require("ListTables", self.arn, namespace)
        tables = self.backend.get_namespace(self.arn, namespace).tables
        return _json({"identifiers": [{"namespace": [namespace], "name": name} for name in tables]})

    def create(self, namespace: str, body: dict[str, Any]) -> Response:
        self._require("CreateTable", self.arn, namespace, str(body.get("name", "")))
        if body.get("stage-create"):
            raise _RefusedError(400, "stage-create is not supported")
        if body.get("location"):
            raise _RefusedError(400, "The location of a table cannot be chosen")
        request = CreateTableRequest.model_validate({"location": None, "write-order": None, **body})
        self._require("PutTableData", f"{self.arn}/table/*", namespace, request.name)
        table = self.backend.create_table(self.arn, namespace, request.name, "ICEBERG")
        metadata = new_table_metadata(
            request.table_schema,
            request.partition_spec,
            request.write_order or UNSORTED_SORT_ORDER,
            table.warehouse_location,
            request.properties,
        )
        return _loaded(_store(table, metadata, table.version_token), metadata)

    def load(self, namespace: str, name: str) -> Response:
        table = self._existing(namespace, name, "GetTableMetadataLocation", "GetTableData")
        return _loaded(table, _metadata(table))

    def commit(self, namespace: str, name: str, body: dict[str, Any]) -> Response:
        table = self._existing(namespace, name, "UpdateTableMetadataLocation", "PutTableData", "GetTableData")
        before, token = _metadata(table), table.version_token
        request = CommitTableRequest.model_validate({"identifier": {"namespace": [namespace], "name": name}, **body})
        try:
            for requirement in request.requirements:
                requirement.validate(before)
        except CommitFailedException as error:
            raise _RefusedError(409, str(error)) from error
        metadata = update_table_metadata(before, request.updates, False, table.metadata_location)
        lost = _lost_responses.pop() if _lost_responses else None
        if lost == "before":
            raise _RefusedError(500, "internal error")
        _store(table, metadata, token)
        if lost == "after":
            raise _RefusedError(500, "internal error")
        return _loaded(table, metadata)

    def drop(self, namespace: str, name: str, purge: str) -> Response:
        table = self._existing(namespace, name, "DeleteTable")
        if purge.lower() != "true":
            raise _RefusedError(400, "DropTable is supported with purgeRequested=true only")
        self.backend.delete_table(self.arn, namespace, table.name)
        return Response(status=204)

    def _existing(self, namespace: str, name: str, *actions: str) -> Table:
        found = self.backend.table_buckets[self.arn].namespaces.get(namespace)
        table = found.tables.get(name) if found else None
        for action in actions:
            self._require(action, table_arn(table) if table else f"{self.arn}/table/*", namespace, name)
        return table or self.backend.get_table(self.arn, namespace, name)

    def _require(self, action: str, resource: str, namespace: str = "", table: str = "") -> None:
        keys = {"s3tables:namespace": namespace, "s3tables:tableName": table}
        access.require(
            self.caller, f"s3tables:{action}", resource, {name: value for name, value in keys.items() if value}
        )


_lost_responses: list[str] = []


@PATCHES.command
def lose_table_commit(when: str) -> None:
    """Makes the next commit to a table bucket fail with status 500, `before` or `after` it is stored."""
    _lost_responses.append(when)


@PATCHES.on_reset
def _keep_responses() -> None:
    _lost_responses.clear()


def _metadata(table: Table) -> TableMetadata:
    if table.metadata_location is None:
        raise _RefusedError(400, f"Table {table.name} has no metadata")
    bucket, _, key = table.metadata_location.removeprefix("s3://").partition("/")
    stored = s3_backends[ACCOUNT]["aws"].get_object(bucket, key)
    return TableMetadataUtil.parse_raw(stored.value.decode())


def _store(table: Table, metadata: TableMetadata, token: str) -> Table:
    content = metadata.model_dump_json().encode()
    if len(content) > _METADATA_BYTES:
        raise _RefusedError(400, "The metadata file has more than 50 MB")
    key = f"metadata/{uuid.uuid4()}.metadata.json"
    s3_backends[ACCOUNT]["aws"].put_object(table._bucket.name, key, content)
    table.update_metadata_location(f"{table.warehouse_location}/{key}", token)
    return table


def _loaded(table: Table, metadata: TableMetadata) -> Response:
    body = {"metadata-location": table.metadata_location, "metadata": json.loads(metadata.model_dump_json())}
    return _json({**body, "config": {}})


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _error(status: int, message: str) -> Response:
    """https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml."""
    kind = _KINDS.get(status, "ServiceException")
    return _json({"error": {"message": message, "type": kind, "code": status}}, status)
