"""The platform on AWS with the tables of the environment in a table bucket of S3 Tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.errors import SelfMaintainedError
from datalake_sdk.platforms.aws.platform import AwsPlatform
from datalake_sdk.platforms.aws.s3_tables import S3TablesCatalog
from datalake_sdk.platforms.base import Capabilities, CatalogEntry, RemovedFiles, SqlEngine, TableFile
from datalake_sdk.platforms.lookup import loaded_entry


class S3TablesPlatform(AwsPlatform):
    """Platform of an environment whose `domain_factory` has `table_storage = "s3_tables"`.

    S3 Tables owns the files: clients read and write, but neither list nor delete them.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-restrictions.html
    """

    capabilities = Capabilities(remote=True, managed_storage=True)

    @property
    def permissions(self) -> None:
        """None: IAM alone decides about access to the REST catalog."""

    @cached_property
    def sql(self) -> SqlEngine:
        from datalake_sdk.platforms.aws.athena import AthenaSql

        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-athena.html
        return AthenaSql(self._session, self.environment, f"s3tablescatalog/{self.environment.table_bucket}")

    @cached_property
    def catalog(self) -> Catalog:
        return S3TablesCatalog(self._session, self.environment.table_bucket)

    def catalog_entry(self, database: str, table: str) -> CatalogEntry | None:
        return loaded_entry(self.catalog, database, table)

    def check_removable(self, table: Table) -> None:
        """Accepts every table: the catalog contains only tables of the table bucket."""

    def remove_table_files(self, table: Table) -> RemovedFiles:
        """Returns number and size of the data files of the last snapshot, which were removed with the table."""
        snapshot = table.current_snapshot()
        summary = snapshot.summary if snapshot and snapshot.summary else {}
        return RemovedFiles(int(summary.get("total-data-files", 0)), int(summary.get("total-files-size", 0)))

    def list_table_files(self, table: Table) -> Iterator[TableFile]:
        raise SelfMaintainedError(".".join(table.name()))
