"""Lake Formation: grants, revokes and lists permissions, registers locations and stores settings as AWS does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.models import LakeFormationBackend, Permission, PermissionCatalog, Resource
from moto.lakeformation.responses import LakeFormationResponse

from test.emulator import lakeformation_requests as requests
from test.emulator.lakeformation_grants import CATALOG, complete
from test.emulator.lakeformation_listing import effective, matching
from test.emulator.lakeformation_store import completed, grants_of
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("lakeformation")

_granting = threading.RLock()
_PAGE = 1000


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
        missing = sorted({one for held, part in parts for one in _missing(held, part)})
        if missing or not parts:
            reason = _denied_revoke_reason([held for held, _ in parts], missing)
            raise InvalidInput(f"No permissions revoked. Grantee {reason}")
        for held, part in parts:
            self.permissions.discard(held)
            _remove(held, part)
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
    grants_of(catalog_id, self.region_name)
    stock(self, catalog_id, principal, completed(resource, catalog_id), *permissions, **named)


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
    grants_of(catalog_id, self.region_name)
    stock(self, catalog_id, principal, completed(resource, catalog_id), *permissions, **named)


@PATCHES.replace(LakeFormationResponse, "grant_permissions", "908d394f2f58")
def _grant(stock: Any, self: LakeFormationResponse) -> str:
    requests.check_grant(self, self._get_param("CatalogId") or self.current_account, _entry(self))
    return str(stock(self))


@PATCHES.replace(LakeFormationResponse, "revoke_permissions", "a88045e0e4ef")
def _revoke(stock: Any, self: LakeFormationResponse) -> str:
    requests.check_authority(self, self._get_param("CatalogId") or self.current_account, _entry(self))
    return str(stock(self))


@PATCHES.replace(LakeFormationResponse, "list_permissions", "5a12a77793b5")
def _list_permissions(stock: Any, self: LakeFormationResponse) -> str:
    """Returns grants, or for a principal and a resource the permissions that result from them.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html
    https://github.com/hashicorp/terraform-provider-aws/issues/44574
    """
    catalog_id = self._get_param("CatalogId") or self.current_account
    principal, resource, kind = (self._get_param(name) for name in ("Principal", "Resource", "ResourceType"))
    if principal and not resource:
        raise InvalidInput("Resource is mandatory if Principal is set in the input.")
    wanted = completed(resource, catalog_id) if resource else None
    if wanted:
        requests.check_exists(self, catalog_id, wanted)
    grants, settings = grants_of(catalog_id, self.region), self.lakeformation_backend.settings[catalog_id]
    if principal and wanted:
        found = effective(grants, settings, catalog_id, principal, wanted)
    else:
        found = matching(grants, kind, wanted)
    start = int(self._get_param("NextToken") or 0)
    end = start + (self._get_param("MaxResults") or _PAGE)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return json.dumps({"PrincipalResourcePermissions": found[start:end], **more})


@PATCHES.replace(LakeFormationResponse, "batch_revoke_permissions", "04c882370250")
def _batch_revoke_permissions(stock: Any, self: LakeFormationResponse) -> str:
    return _batch(self, requests.check_authority, self.lakeformation_backend.revoke_permissions)


@PATCHES.replace(LakeFormationResponse, "batch_grant_permissions", "fe33566a3dac")
def _batch_grant_permissions(stock: Any, self: LakeFormationResponse) -> str:
    return _batch(self, requests.check_grant, self.lakeformation_backend.grant_permissions)


@PATCHES.replace(LakeFormationResponse, "register_resource", "436c8a8e1951")
def _register_resource(stock: Any, self: LakeFormationResponse) -> Any:
    requests.check_registration(self)
    answer = stock(self)
    registered = self.lakeformation_backend.describe_resource(resource_arn=self._get_param("ResourceArn"))
    registered.hybrid_access = bool(self._get_param("HybridAccessEnabled"))  # type: ignore[attr-defined]
    return answer


@PATCHES.replace(Resource, "to_dict", "78f9e66b31f9")
def _to_dict(stock: Any, self: Resource) -> dict[str, Any]:
    return {**stock(self), "HybridAccessEnabled": self.hybrid_access}  # type: ignore[attr-defined]


@PATCHES.replace(LakeFormationResponse, "get_data_lake_settings", "e7d644ab717e")
def _get_data_lake_settings(stock: Any, self: LakeFormationResponse) -> str:
    """https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakeSettings.html."""
    settings = json.loads(stock(self))["DataLakeSettings"]
    parameters = {**_PARAMETERS, **(settings.get("Parameters") or {})}
    return json.dumps({"DataLakeSettings": {"ReadOnlyAdmins": [], **settings, "Parameters": parameters}})


_PARAMETERS = {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"}
"""Of a new account: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lakeformation/data_lake_settings.go"""


@PATCHES.replace(LakeFormationResponse, "put_data_lake_settings", "7fa1e1c1ecc7")
def _put_data_lake_settings(stock: Any, self: LakeFormationResponse) -> str:
    requests.check_settings(self._get_param("DataLakeSettings"))
    return str(stock(self))


def _entry(self: LakeFormationResponse) -> dict[str, Any]:
    names = ("Principal", "Resource", "Permissions", "PermissionsWithGrantOption")
    return {name: self._get_param(name) for name in names}


def _parts(permission: Permission) -> list[Permission]:
    """Splits a permission: SELECT on a table is stored and listed as SELECT on all of its columns.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lakeformation/permissions.go
    """
    table = permission.resource.get("Table")
    if not table:
        return [_narrowed(permission, permission.resource, lambda one: True)]
    named = {key: table[key] for key in ("CatalogId", "DatabaseName", "Name") if key in table}
    columns = {"TableWithColumns": {**named, "ColumnWildcard": {}}}
    parts = [
        _narrowed(permission, columns, lambda one: one == "SELECT"),
        _narrowed(permission, permission.resource, lambda one: one != "SELECT"),
    ]
    return [part for part in parts if not part.is_empty()]


def _missing(held: Permission, wanted: Permission) -> set[str]:
    options = set(wanted.permissions_with_grant_options) - set(held.permissions_with_grant_options)
    return (set(wanted.permissions) - set(held.permissions)) | options


def _remove(held: Permission, part: Permission) -> None:
    """Removes permissions and their grant options. ALL is removed too, since it is no longer complete."""
    gone = set(part.permissions)
    gone |= {"ALL"} if gone else set()
    options = gone | set(part.permissions_with_grant_options)
    held.permissions = [one for one in held.permissions if one not in gone]
    held.permissions_with_grant_options = [one for one in held.permissions_with_grant_options if one not in options]


def _denied_revoke_reason(held: Iterable[Permission], missing: list[str]) -> str:
    """Returns the message by which the Terraform provider detects that a revoke is complete; see the link above."""
    if all(one.is_empty() for one in held):
        return "has no permissions and no grantable permissions on resource."
    return f"does not have: [{', '.join(missing)}]"


def _narrowed(permission: Permission, resource: dict[str, Any], takes: Any) -> Permission:
    given = permission.resource
    kinds = given if set(given) & {"Database", "Table"} else CATALOG
    held, options = (
        sorted(filter(takes, complete(each, kinds)))
        for each in (permission.permissions, permission.permissions_with_grant_options)
    )
    return Permission(permission.principal, resource, held, options)


def _held(catalog: PermissionCatalog, like: Permission) -> Permission:
    for held in catalog.permissions:
        if held.equal_principal_and_resouce(like):
            return held
    return Permission(like.principal, like.resource, [], [])


def _batch(request: LakeFormationResponse, check: Any, change: Any) -> str:
    """Applies all entries; the response lists those that failed.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_BatchRevokePermissions.html
    """
    catalog_id = request._get_param("CatalogId") or request.current_account
    failures = []
    for entry in request._get_param("Entries"):
        grantable = entry.get("PermissionsWithGrantOption") or []
        try:
            check(request, catalog_id, entry)
            change(catalog_id, entry["Principal"], entry["Resource"], entry.get("Permissions") or [], grantable)
        except JsonRESTError as error:
            failed = {"ErrorCode": error.error_type, "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": failed})
    return json.dumps({"Failures": failures})
