"""The grants, settings and registered locations of a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.lakeformation.models import Permission, PermissionCatalog, lakeformation_backends

from test.emulator.lakeformation_callers import EVERYONE
from test.emulator.lakeformation_grants import ALL_TABLES, CATALOG, Resource, is_within, kind_of
from test.emulator.process import REGION

_IN_CATALOG = ("Database", "Table", "TableWithColumns", "DataLocation")


def grants_of(account: str, region: str = REGION) -> PermissionCatalog:
    """Returns the grants of an account's catalog; in a new one, every IAM principal may create databases.

    https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
    """
    grants = lakeformation_backends[account][region].grants
    if account not in grants:
        grants[account] = PermissionCatalog()
        grants[account].permissions.add(
            Permission({"DataLakePrincipalIdentifier": EVERYONE}, CATALOG, ["CREATE_DATABASE"], [])
        )
    return grants[account]


def settings_of(account: str, region: str = REGION) -> Mapping[str, Any]:
    """Returns the data lake settings of an account."""
    settings: Mapping[str, Any] = lakeformation_backends[account][region].settings[account]
    return settings


def registered_at(location: str, account: str, region: str = REGION) -> Any:
    """Returns the registration that covers a location, the most specific one if there are several; else None."""
    arn = location_arn(location)
    found = [one for one in lakeformation_backends[account][region].list_resources() if is_within(arn, one.arn)]
    return max(found, key=lambda one: len(one.arn), default=None)


def location_arn(location: str) -> str:
    """Returns the ARN of an S3 location."""
    return "arn:aws:s3:::" + location.partition("://")[2].rstrip("/")


def completed(resource: Resource, catalog_id: str) -> Resource:
    """Returns the resource as it is stored: with the catalog ID, which is optional in a request."""
    kind, given = kind_of(resource), resource[kind_of(resource)]
    if kind == "Table" and "TableWildcard" in given:
        given = {**given, "Name": ALL_TABLES}
    return {kind: {"CatalogId": catalog_id, **given}} if kind in _IN_CATALOG else resource
