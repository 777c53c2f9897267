"""The platform on AWS: Glue, S3, Athena, Lake Formation, Step Functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.platforms.aws.catalog import AwsCatalog
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.library_denials import denial_behind
from datalake_sdk.platforms.aws.permissions import TablePermissions
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.storage import TableStorage
from datalake_sdk.platforms.base import Capabilities, CatalogEntry, RemovedFiles, SqlEngine, TableFile
from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    from boto3 import Session
    from pyarrow.fs import FileSystem

    from datalake_sdk.errors import AccessDeniedError
    from datalake_sdk.platforms.aws.database_links import GlueLinks
    from datalake_sdk.platforms.aws.deployed_pipelines import AwsPipelines
    from datalake_sdk.platforms.aws.deployed_tasks import AwsTasks
    from datalake_sdk.platforms.aws.investigation import AwsInvestigations
    from datalake_sdk.platforms.aws.model_profiles import BedrockProfiles
    from datalake_sdk.platforms.aws.redshift import RedshiftWarehouse
    from datalake_sdk.platforms.aws.registered_datasets import AwsDatasets
    from datalake_sdk.platforms.aws.run_events import AwsRunEvents
    from datalake_sdk.platforms.aws.secrets import SecretsManager
    from datalake_sdk.redshift.database import RedshiftDatabase


class AwsPlatform:
    """Platform of an environment created by `domain_factory`; opening it calls no service.

    Args:
        environment: Environment without `local_root`.
        boto_session: Session with the credentials to use; None uses those of the process.
    """

    capabilities = Capabilities(remote=True)

    def __init__(self, environment: Environment, boto_session: Session | None = None) -> None:
        self.environment = environment
        self._session = AwsSession(environment.region, boto_session)

    @property
    def boto_session(self) -> Session:
        return self._session.boto3_session

    @cached_property
    def sql(self) -> SqlEngine:
        from datalake_sdk.platforms.aws.athena import AthenaSql

        return AthenaSql(self._session, self.environment)

    @cached_property
    def catalog(self) -> Catalog:
        return AwsCatalog(self._session, self.environment.data_bucket)

    def catalog_entry(self, database: str, table: str) -> CatalogEntry | None:
        from datalake_sdk.platforms.aws.catalog_entries import catalog_entry

        return catalog_entry(self._session.client("glue"), database, table)

    @property
    def permissions(self) -> TablePermissions | None:
        return TablePermissions(self._session)

    @cached_property
    def run_events(self) -> AwsRunEvents:
        from datalake_sdk.platforms.aws.run_events import AwsRunEvents

        return AwsRunEvents(self._session, self.environment.technical_bucket)

    @cached_property
    def secrets(self) -> SecretsManager:
        from datalake_sdk.platforms.aws.secrets import SecretsManager

        return SecretsManager(self._session)

    @cached_property
    def tasks(self) -> AwsTasks:
        from datalake_sdk.platforms.aws.deployed_tasks import AwsTasks

        return AwsTasks(self._session, self.environment.name)

    @cached_property
    def pipelines(self) -> AwsPipelines:
        from datalake_sdk.platforms.aws.deployed_pipelines import AwsPipelines

        return AwsPipelines(self._session, self.environment.name)

    @cached_property
    def datasets(self) -> AwsDatasets:
        from datalake_sdk.platforms.aws.registered_datasets import AwsDatasets

        return AwsDatasets(self._session, self.environment.name)

    @cached_property
    def investigations(self) -> AwsInvestigations:
        from datalake_sdk.platforms.aws.investigation import AwsInvestigations

        return AwsInvestigations(self._session, self.environment.name)

    @cached_property
    def models(self) -> BedrockProfiles:
        from datalake_sdk.platforms.aws.model_profiles import BedrockProfiles

        return BedrockProfiles(self._session, self.environment.name)

    @cached_property
    def agent_role(self) -> str | None:
        from datalake_sdk.platforms.aws.agent_role import find_agent_role

        return find_agent_role(self._session, self.environment.name)

    @cached_property
    def database_links(self) -> GlueLinks:
        from datalake_sdk.platforms.aws.database_links import GlueLinks

        return GlueLinks(self._session)

    def redshift(self, database: RedshiftDatabase) -> RedshiftWarehouse:
        from datalake_sdk.platforms.aws.redshift import RedshiftWarehouse

        return RedshiftWarehouse(self._session, database, self.environment.technical_bucket)

    def service_errors(self) -> AbstractContextManager[None]:
        return aws_errors()

    def denial(self, error: Exception) -> AccessDeniedError | None:
        return denial_behind(error)

    def input_filesystem(self, path: str) -> FileSystem:
        return self._session.filesystem()

    @property
    def data_location(self) -> str:
        return f"s3://{self.environment.data_bucket}"

    def table_location(self, table: TableName) -> str:
        return f"{self.data_location}/{table.database}/{table.table}"

    def list_folders(self, location: str) -> list[str]:
        return self._storage.folders(location)

    def list_files(self, location: str) -> Iterator[TableFile]:
        return self._storage.files(location)

    def check_removable(self, table: Table) -> None:
        self._storage.check(".".join(table.name()), table.location())

    def remove_table_files(self, table: Table) -> RemovedFiles:
        return self._storage.remove(".".join(table.name()), table.location())

    def list_table_files(self, table: Table) -> Iterator[TableFile]:
        self._storage.check(".".join(table.name()), table.location())
        return self._storage.files(table.location())

    @cached_property
    def _storage(self) -> TableStorage:
        return TableStorage(self._session.client("s3"), self.environment.data_bucket)
