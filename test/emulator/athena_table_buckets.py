"""Tables of table buckets in queries, whose catalog in Athena is `s3tablescatalog/{table bucket}`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-athena.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import ForbiddenError
from pyiceberg.table import Table
from sqlglot import exp

from datalake_sdk.platforms.aws.file_io import FILE_IO
from test.emulator.athena_errors import FailedError
from test.emulator.athena_tables import Caller, Tables
from test.emulator.process import ACCOUNT

PREFIX = "s3tablescatalog/"


class TableBucketTables(Tables):
    """The catalog of a table bucket with the permissions of one caller.

    Args:
        caller: The caller of the query.
        catalog: Name of the catalog, with the prefix.
    """

    def __init__(self, caller: Caller, catalog: str) -> None:
        super().__init__(caller)
        self._name = catalog
        self._arn = f"arn:aws:s3tables:{caller.region}:{ACCOUNT}:bucket/{catalog.removeprefix(PREFIX)}"
        self._client = caller.client("s3tables")

    def entry(self, table: exp.Table) -> dict[str, Any]:
        database, name = table.db.lower(), table.name.lower().partition("$")[0]
        if not self.has_database(database):
            raise FailedError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", table)
        try:
            self._client.get_table(tableBucketARN=self._arn, namespace=database, name=name)
        except self._client.exceptions.NotFoundException:
            text = f"Table '{self._name}.{database}.{name}' does not exist"
            raise FailedError("TABLE_NOT_FOUND", text, table) from None
        except ClientError as error:
            raise FailedError("PERMISSION_DENIED", str(error)) from error
        return {"DatabaseName": database, "Name": name, "Parameters": {"table_type": "ICEBERG"}}

    def has_database(self, database: str) -> bool:
        try:
            self._client.get_namespace(tableBucketARN=self._arn, namespace=database)
        except self._client.exceptions.NotFoundException:
            return False
        return True

    def iceberg(self, table: exp.Table) -> Table:
        entry = self.entry(table)
        try:
            return self._rest_catalog().load_table((entry["DatabaseName"], entry["Name"]))
        except ForbiddenError as error:
            raise FailedError("PERMISSION_DENIED", str(error)) from error

    def _access(self, entry: dict[str, Any]) -> tuple[Caller, frozenset[str] | None]:
        return self.caller, None

    def _rest_catalog(self) -> RestCatalog:
        keys = {
            f"client.{name.removeprefix('aws_').replace('_', '-')}": key
            for name, key in self.caller.credentials.items()
        }
        return RestCatalog(
            "athena",
            **{
                "uri": f"{self.caller.endpoint}/iceberg",
                "warehouse": self._arn,
                "rest.sigv4-enabled": "true",
                "rest.signing-name": "s3tables",
                "rest.signing-region": self.caller.region,
                "py-io-impl": FILE_IO,
                **keys,
                **self.caller.storage_properties(),
            },
        )
