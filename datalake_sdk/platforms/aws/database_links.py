"""Glue resource links: entries in the account's catalog that point to databases of other accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.base import SharedDatabase


class GlueLinks:
    """Databases shared with an account, and its resource links.

    Args:
        session: Account and region.
    """

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def shared(self) -> Sequence[SharedDatabase]:
        databases = self._databases(ResourceShareType="FOREIGN")
        return [SharedDatabase(database["CatalogId"], database["Name"]) for database in databases]

    def names(self) -> Mapping[str, SharedDatabase | None]:
        return {database["Name"]: self._target(database) for database in self._databases()}

    def create(self, name: str, target: SharedDatabase) -> None:
        link_target = {"CatalogId": target.owner, "DatabaseName": target.name}
        with aws_errors():
            self._glue().create_database(DatabaseInput={"Name": name, "TargetDatabase": link_target})

    def delete(self, name: str) -> None:
        with aws_errors():
            self._glue().delete_database(Name=name)

    def _target(self, database: Mapping[str, Any]) -> SharedDatabase | None:
        target = database.get("TargetDatabase")
        # Databases shared in another region are not listed in this one, so links to them cannot be checked.
        # https://docs.aws.amazon.com/lake-formation/latest/dg/data-access-across-region.html
        if not target or target.get("Region", self._session.region) != self._session.region:
            return None
        if target["CatalogId"] == self._session.account:
            return None
        return SharedDatabase(target["CatalogId"], target["DatabaseName"])

    def _databases(self, **filters: str) -> list[dict[str, Any]]:
        with aws_errors():
            pages = self._glue().get_paginator("get_databases").paginate(**filters)
            return [database for page in pages for database in page["DatabaseList"]]

    def _glue(self) -> Any:
        return self._session.client("glue")
