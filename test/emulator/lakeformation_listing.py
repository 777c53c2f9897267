"""Responses of ListPermissions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from moto.lakeformation.models import Permission, PermissionCatalog

from test.emulator.lakeformation_callers import Caller, is_administrator, is_iam_principal
from test.emulator.lakeformation_grants import ALL_TABLES, Held, Resource, everything, held_on, kind_of

_KINDS = {"TableWithColumns": "TABLE", "DataLocation": "DATA_LOCATION"}


def matching(grants: PermissionCatalog, resource_type: str | None, resource: Resource | None) -> list[dict[str, Any]]:
    """Returns the grants, filtered by a type of resource or a resource."""
    return [
        grant.to_external_form()
        for grant in sorted(grants.permissions, key=_order)
        if (not resource_type or _type(grant.resource) == resource_type)
        and (not resource or _is_on(resource, grant.resource))
    ]


def effective(
    grants: PermissionCatalog, settings: Mapping[str, Any], account: str, principal: dict[str, str], resource: Resource
) -> list[dict[str, Any]]:
    """Returns the permissions of a principal on a resource, including those of its groups and an administrator's.

    The response does not distinguish them from grants.
    https://github.com/hashicorp/terraform-provider-aws/issues/36827
    https://github.com/hashicorp/terraform-provider-aws/issues/44574
    """
    name = principal["DataLakePrincipalIdentifier"]
    principals = Caller(name, account).groups if is_iam_principal(name) else frozenset([name])
    held = held_on(grants, principals, resource)
    if is_administrator(settings, name):
        held = held.union(_implicit(resource))
    own = PermissionCatalog()
    own.permissions = {grant for grant in grants.permissions if grant.principal == principal}
    columns = [entry for entry in matching(own, None, resource) if "ColumnNames" in _table_of(entry["Resource"])]
    return [*_entries(principal, resource, held), *columns]


def _implicit(resource: Resource) -> Held:
    """An administrator may describe everything, and grant everything.

    https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html
    https://github.com/hashicorp/terraform-provider-aws/issues/36580
    """
    own = {"DataLocation": {"DATA_LOCATION_ACCESS"}, "Catalog": {"CREATE_DATABASE"}}
    return Held(frozenset(own.get(kind_of(resource), {"DESCRIBE"})), everything(resource))


def _entries(principal: dict[str, str], resource: Resource, held: Held) -> Iterable[dict[str, Any]]:
    if "Table" not in resource:
        return _entry(principal, resource, held, everything(resource))
    named = {key: resource["Table"][key] for key in ("CatalogId", "DatabaseName", "Name")}
    columns = {"TableWithColumns": {**named, "ColumnWildcard": {}}}
    wildcard = {"TableWildcard": {}} if named["Name"] == ALL_TABLES else {}
    return [
        *_entry(principal, {"Table": {**named, **wildcard}}, held, everything(resource) - {"SELECT"}),
        *_entry(principal, columns, held, frozenset({"SELECT"})),
    ]


def _entry(
    principal: dict[str, str], resource: Resource, held: Held, shown: frozenset[str]
) -> Iterable[dict[str, Any]]:
    permissions, options = sorted(held.permissions & shown), sorted(held.grantable & shown)
    return [Permission(principal, resource, permissions, options).to_external_form()] if permissions or options else []


def _is_on(wanted: Resource, granted: Resource) -> bool:
    kind, given = kind_of(wanted), wanted[kind_of(wanted)]
    if kind == "Table":
        held = _table_of(granted)
        return all(held.get(key) == given[key] for key in ("CatalogId", "DatabaseName", "Name"))
    held = granted.get(kind)
    return held is not None and all(held.get(key) == value for key, value in given.items())


def _table_of(granted: Resource) -> dict[str, Any]:
    return granted.get("Table") or granted.get("TableWithColumns") or {}


def _order(grant: Permission) -> str:
    return json.dumps([grant.principal, grant.resource], sort_keys=True)


def _type(resource: Resource) -> str:
    kind = kind_of(resource)
    return _KINDS.get(kind, kind.upper())
