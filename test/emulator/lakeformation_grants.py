"""Which permissions a set of grants gives on a resource.

https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from moto.lakeformation.models import PermissionCatalog

Resource = dict[str, Any]

ALL_TABLES = "ALL_TABLES"
"""Table name of a wildcard in the response of ListPermissions."""
_DATABASE = frozenset({"ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})
_TABLE = frozenset({"ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"})
VALID: dict[str, frozenset[str]] = {
    "Catalog": frozenset({"CREATE_DATABASE", "CREATE_CATALOG", "CREATE_LF_TAG"}),
    "Database": _DATABASE | {"ALL"},
    "Table": _TABLE | {"ALL"},
    "TableWithColumns": frozenset({"SELECT"}),
    "DataLocation": frozenset({"DATA_LOCATION_ACCESS"}),
}
"""Permissions that can be granted on each type of resource."""


@dataclass(frozen=True)
class Held:
    """Permissions on a resource.

    Attributes:
        permissions: Permissions.
        grantable: Permissions that may be passed on.
    """

    permissions: frozenset[str] = frozenset()
    grantable: frozenset[str] = frozenset()

    def union(self, other: Held) -> Held:
        return Held(self.permissions | other.permissions, self.grantable | other.grantable)


def database(name: str, catalog_id: str) -> Resource:
    return {"Database": {"CatalogId": catalog_id, "Name": name}}


def table(database_name: str, name: str, catalog_id: str) -> Resource:
    return {"Table": {"CatalogId": catalog_id, "DatabaseName": database_name, "Name": name}}


def location(arn: str, catalog_id: str) -> Resource:
    return {"DataLocation": {"CatalogId": catalog_id, "ResourceArn": arn}}


CATALOG: Resource = {"Catalog": {}}


def everything(resource: Resource) -> frozenset[str]:
    """Returns all permissions on a type of resource."""
    return VALID[kind_of(resource)]


def held_on(catalog: PermissionCatalog, principals: Set[str], resource: Resource) -> Held:
    """Returns the permissions that principals have on a resource, from grants on it and on what contains it."""
    held = Held()
    for grant in list(catalog.permissions):
        if grant.principal["DataLakePrincipalIdentifier"] in principals and _covers(grant.resource, resource):
            held = held.union(Held(frozenset(grant.permissions), frozenset(grant.permissions_with_grant_options)))
    return Held(complete(held.permissions, resource), complete(held.grantable, resource))


def allowed_on(catalog: PermissionCatalog, principals: Set[str], resource: Resource) -> frozenset[str]:
    """Returns the permissions of `held_on` and those that they imply, which ListPermissions does not return."""
    permissions = held_on(catalog, principals, resource).permissions
    kind = kind_of(resource)
    if kind == "Table" and "SELECT" in permissions:
        return permissions | {"DESCRIBE"}
    if kind == "Database" and _has_wildcard(catalog, principals, resource["Database"]["Name"]):
        # https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html
        return permissions | {"DESCRIBE"}
    return permissions


def readable_columns(catalog: PermissionCatalog, principals: Set[str], resource: Resource) -> frozenset[str] | None:
    """Returns the columns of a table with SELECT; None for all columns."""
    if "SELECT" in held_on(catalog, principals, resource).permissions:
        return None
    wanted = resource["Table"]
    columns: set[str] = set()
    for grant in list(catalog.permissions):
        given = grant.resource.get("TableWithColumns", {})
        same = all(given.get(key) == wanted[key] for key in ("DatabaseName", "Name"))
        if same and grant.principal["DataLakePrincipalIdentifier"] in principals:
            columns.update(given.get("ColumnNames", ()))
    return frozenset(columns)


def complete(permissions: Iterable[str], resource: Resource) -> frozenset[str]:
    """Adds what permissions imply: ALL and the complete set imply each other.

    https://github.com/hashicorp/terraform-provider-aws/issues/49453
    """
    held = frozenset(permissions)
    specific = {"Database": _DATABASE, "Table": _TABLE}.get(kind_of(resource))
    if specific is None:
        return held
    return held | specific | {"ALL"} if "ALL" in held or held >= specific else held


def kind_of(resource: Resource) -> str:
    (kind,) = resource
    return str(kind)


def _covers(granted: Resource, wanted: Resource) -> bool:
    kind = kind_of(wanted)
    if kind == "Table":
        return _covers_table(granted, wanted["Table"])
    if kind not in granted:
        return False
    if kind == "DataLocation":
        # https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
        return is_within(wanted[kind]["ResourceArn"], granted[kind]["ResourceArn"])
    return kind == "Catalog" or bool(granted[kind]["Name"] == wanted[kind]["Name"])


def _covers_table(granted: Resource, wanted: Resource) -> bool:
    held = granted.get("Table") or granted.get("TableWithColumns") or {}
    if held.get("DatabaseName") != wanted["DatabaseName"] or "ColumnNames" in held:
        return False
    return held["Name"] in (ALL_TABLES, wanted["Name"])


def _has_wildcard(catalog: PermissionCatalog, principals: Set[str], database_name: str) -> bool:
    wildcard = {"DatabaseName": database_name, "Name": ALL_TABLES}
    return any(
        grant.principal["DataLakePrincipalIdentifier"] in principals and _covers_table(grant.resource, wildcard)
        for grant in list(catalog.permissions)
    )


def is_within(path: str, folder: str) -> bool:
    """Whether a location or its ARN is a folder or below it."""
    return f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
