"""Lake Formation: lists grants in the format of AWS, rejects revokes without effect, stores hybrid access mode."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.models import LakeFormationBackend, Permission, PermissionCatalog, Resource
from moto.lakeformation.responses import LakeFormationResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("lakeformation")

_granting = threading.Lock()

ALL_TABLES = "ALL_TABLES"
"""Table name of a wildcard in the response of ListPermissions."""


@PATCHES.replace(PermissionCatalog, "add_permission", "a325539e8072")
def _add_permission(stock: Any, self: PermissionCatalog, permission: Permission) -> None:
    with _granting:
        for part in _parts(permission):
            held = _held(self, part)
            self.permissions.discard(held)
            held.merge(part)
            self.permissions.add(held)


@PATCHES.replace(PermissionCatalog, "remove_permission", "c07485601af8")
def _remove_permission(stock: Any, self: PermissionCatalog, permission: Permission) -> None:
    """Rejects a revoke of permissions that were not granted.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_RevokePermissions.html
    """
    with _granting:
        parts = [(_held(self, part), part) for part in _parts(permission)]
        if not any(set(held.permissions) & set(part.permissions) for held, part in parts):
            raise InvalidInput(
                f"No permissions revoked. Grantee {_denied_revoke_reason([held for held, _ in parts], permission)}"
            )
        for held, part in parts:
            self.permissions.discard(held)
            held.diff(part)
            if not held.is_empty():
                self.permissions.add(held)


@PATCHES.replace(LakeFormationBackend, "grant_permissions", "aa2e37caf59f")
def _grant_permissions(
    stock: Any,
    self: LakeFormationBackend,
    catalog_id: str,
    principal: Any,
    resource: Any,
    *permissions: Any,
    **named: Any,
) -> None:
    stock(self, catalog_id, principal, _complete(resource, catalog_id), *permissions, **named)


@PATCHES.replace(LakeFormationBackend, "revoke_permissions", "b02161175034")
def _revoke_permissions(
    stock: Any,
    self: LakeFormationBackend,
    catalog_id: str,
    principal: Any,
    resource: Any,
    *permissions: Any,
    **named: Any,
) -> None:
    # In a catalog without grants, every revoke succeeds in moto.
    self.grants.setdefault(catalog_id, PermissionCatalog())
    stock(self, catalog_id, principal, _complete(resource, catalog_id), *permissions, **named)


@PATCHES.replace(LakeFormationResponse, "list_permissions", "5a12a77793b5")
def _list_permissions(stock: Any, self: LakeFormationResponse) -> str:
    """Filters by any type of resource and returns pages of the requested size.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html
    """
    catalog_id = self._get_param("CatalogId") or self.current_account
    principal, resource, kind = (self._get_param(name) for name in ("Principal", "Resource", "ResourceType"))
    if principal and not resource:
        raise InvalidInput("Resource is mandatory if Principal is set in the input.")
    grants = self.lakeformation_backend.grants.get(catalog_id, PermissionCatalog()).permissions
    found = [
        grant.to_external_form()
        for grant in sorted(grants, key=lambda grant: json.dumps([grant.principal, grant.resource], sort_keys=True))
        if (not principal or grant.principal == principal)
        and (not kind or _kind(grant.resource) == kind)
        and (not resource or _covers(_complete(resource, catalog_id), grant.resource))
    ]
    start = int(self._get_param("NextToken") or 0)
    end = start + (self._get_param("MaxResults") or _PAGE)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return json.dumps({"PrincipalResourcePermissions": found[start:end], **more})


@PATCHES.replace(LakeFormationResponse, "batch_revoke_permissions", "04c882370250")
def _batch_revoke_permissions(stock: Any, self: LakeFormationResponse) -> str:
    return _batch(self, self.lakeformation_backend.revoke_permissions)


@PATCHES.replace(LakeFormationResponse, "batch_grant_permissions", "fe33566a3dac")
def _batch_grant_permissions(stock: Any, self: LakeFormationResponse) -> str:
    return _batch(self, self.lakeformation_backend.grant_permissions)


@PATCHES.replace(LakeFormationResponse, "register_resource", "436c8a8e1951")
def _register_resource(stock: Any, self: LakeFormationResponse) -> Any:
    answer = stock(self)
    registered = self.lakeformation_backend.describe_resource(resource_arn=self._get_param("ResourceArn"))
    registered.hybrid_access = bool(self._get_param("HybridAccessEnabled"))  # type: ignore[attr-defined]
    return answer


@PATCHES.replace(Resource, "to_dict", "78f9e66b31f9")
def _to_dict(stock: Any, self: Resource) -> dict[str, Any]:
    return {**stock(self), "HybridAccessEnabled": self.hybrid_access}  # type: ignore[attr-defined]


_PAGE = 1000


def _parts(permission: Permission) -> Iterable[Permission]:
    """Splits a permission: SELECT on a table is stored and listed as SELECT on all of its columns.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lakeformation/permissions.go
    """
    table = permission.resource.get("Table")
    if not table:
        return [permission]
    named = {key: table[key] for key in ("CatalogId", "DatabaseName") if key in table}
    name = ALL_TABLES if "TableWildcard" in table else table["Name"]
    columns = {"TableWithColumns": {**named, "Name": name, "ColumnWildcard": {}}}
    return [
        part
        for part in (
            _narrowed(permission, columns, lambda one: one == "SELECT"),
            _narrowed(permission, {"Table": {**table, "Name": name}}, lambda one: one != "SELECT"),
        )
        if not part.is_empty()
    ]


def _denied_revoke_reason(held: Iterable[Permission], wanted: Permission) -> str:
    """Returns the message by which the Terraform provider detects that a revoke is complete; see the link above."""
    if all(one.is_empty() for one in held):
        return "has no permissions and no grantable permissions on resource."
    return f"does not have: [{', '.join(wanted.permissions)}]"


def _narrowed(permission: Permission, resource: dict[str, Any], takes: Any) -> Permission:
    return Permission(
        principal=permission.principal,
        resource=resource,
        permissions=[one for one in permission.permissions if takes(one)],
        permissions_with_grant_options=[one for one in permission.permissions_with_grant_options if takes(one)],
    )


def _held(catalog: PermissionCatalog, like: Permission) -> Permission:
    for held in catalog.permissions:
        if held.equal_principal_and_resouce(like):
            return held
    return Permission(like.principal, like.resource, [], [])


def _complete(resource: dict[str, Any], catalog_id: str) -> dict[str, Any]:
    """Returns the resource as it is stored: with the catalog ID, which is optional in a request."""
    ((kind, given),) = resource.items()
    return {kind: {"CatalogId": catalog_id, **given}} if kind in _IN_CATALOG else resource


_IN_CATALOG = ("Database", "Table", "TableWithColumns", "DataLocation")


def _covers(wanted: dict[str, Any], granted: dict[str, Any]) -> bool:
    ((kind, given),) = wanted.items()
    if kind == "Table":
        held = granted.get("Table") or granted.get("TableWithColumns") or {}
        name = ALL_TABLES if "TableWildcard" in given else given["Name"]
        same = ("CatalogId", "DatabaseName")
        return held.get("Name") == name and all(held.get(key) == given[key] for key in same)
    held = granted.get(kind)
    return held is not None and all(held.get(key) == value for key, value in given.items())


def _kind(resource: dict[str, Any]) -> str:
    kinds = {"TableWithColumns": "TABLE", "DataLocation": "DATA_LOCATION"}
    (kind,) = resource
    return kinds.get(kind, kind.upper())


def _batch(request: LakeFormationResponse, change: Any) -> str:
    """Applies all entries; the response lists those that failed.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_BatchRevokePermissions.html
    """
    catalog_id = request._get_param("CatalogId") or request.current_account
    failures = []
    for entry in request._get_param("Entries"):
        grantable = entry.get("PermissionsWithGrantOption") or []
        try:
            change(catalog_id, entry["Principal"], entry["Resource"], entry.get("Permissions") or [], grantable)
        except InvalidInput as error:
            failed = {"ErrorCode": error.error_type, "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": failed})
    return json.dumps({"Failures": failures})
