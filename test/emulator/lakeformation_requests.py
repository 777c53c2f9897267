"""Requests that Lake Formation rejects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import GlueBackend, glue_backends
from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.models import lakeformation_backends
from moto.lakeformation.responses import LakeFormationResponse

from test.emulator.access import trusts_service
from test.emulator.lakeformation_callers import EVERYONE, caller_of, decides_about, exists, is_administrator
from test.emulator.lakeformation_grants import ALL_TABLES, VALID, Resource, complete, held_on, is_within, kind_of
from test.emulator.lakeformation_store import completed, grants_of


def check_grant(request: LakeFormationResponse, catalog_id: str, entry: Mapping[str, Any]) -> None:
    """Rejects grants to unknown principals, on unknown resources, or of permissions that do not apply to them.

    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_GrantPermissions.html
    """
    principal = entry["Principal"]["DataLakePrincipalIdentifier"]
    if not exists(principal):
        raise InvalidInput(f"Invalid principal, {principal}")
    resource = completed(entry["Resource"], catalog_id)
    check_exists(request, catalog_id, resource)
    permissions, grantable = set(entry.get("Permissions") or ()), set(entry.get("PermissionsWithGrantOption") or ())
    valid = VALID.get(kind_of(resource))
    if valid is not None and not (permissions and permissions <= valid and grantable <= permissions):
        raise InvalidInput("Permissions modification is invalid.")
    check_authority(request, catalog_id, entry)


def check_exists(request: LakeFormationResponse, catalog_id: str, resource: Resource) -> None:
    """Rejects databases and tables that do not exist, and locations that are not registered."""
    kind, named = kind_of(resource), resource[kind_of(resource)]
    if kind == "DataLocation":
        registered = lakeformation_backends[catalog_id][request.region].resources
        if not any(is_within(named["ResourceArn"], arn) for arn in registered):
            raise InvalidInput(f"Resource {named['ResourceArn']} is not registered: register the S3 path first.")
    elif kind in ("Database", "Table", "TableWithColumns"):
        glue = glue_backends[named.get("CatalogId", catalog_id)][request.region]
        _check_table_exists(glue, named.get("DatabaseName", named["Name"]), named if kind != "Database" else None)


def check_authority(request: LakeFormationResponse, catalog_id: str, entry: Mapping[str, Any]) -> None:
    """Rejects grants and revokes by principals that may not pass on the permissions.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html
    """
    caller = caller_of(request)
    settings = lakeformation_backends[catalog_id][request.region].settings[catalog_id]
    if not decides_about(caller) or is_administrator(settings, caller.arn):
        return
    resource = _named(completed(entry["Resource"], catalog_id))
    held = held_on(grants_of(catalog_id, request.region), caller.groups, resource)
    if not held.grantable >= complete(entry.get("Permissions") or (), resource):
        # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lakeformation/permissions.go
        raise JsonRESTError("AccessDeniedException", f"{caller.arn} is not authorized to access requested permissions")


def check_registration(request: LakeFormationResponse) -> None:
    """Rejects a role that Lake Formation cannot assume.

    https://docs.aws.amazon.com/lake-formation/latest/dg/registration-role.html
    https://docs.aws.amazon.com/lake-formation/latest/dg/cross-service-confused-deputy-prevention.html
    """
    role_arn = request._get_param("RoleArn")
    source = f"arn:aws:lakeformation:{request.region}:{request.current_account}:*"
    if request._get_param("UseServiceLinkedRole"):
        return
    if not role_arn:
        raise InvalidInput("RoleArn is required unless UseServiceLinkedRole is set.")
    if not exists(role_arn) or not trusts_service(role_arn, "lakeformation.amazonaws.com", source):
        raise InvalidInput(f"Role {role_arn} cannot be assumed by lakeformation.amazonaws.com")


def check_settings(settings: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakeSettings.html."""
    for admin in settings.get("DataLakeAdmins") or []:
        if not exists(admin["DataLakePrincipalIdentifier"]):
            raise InvalidInput(f"Invalid principal, {admin['DataLakePrincipalIdentifier']}")
    everyone = [{"Principal": {"DataLakePrincipalIdentifier": EVERYONE}, "Permissions": ["ALL"]}]
    for name in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
        if (settings.get(name) or []) not in ([], everyone):
            raise InvalidInput(f"{name} must be empty or grant ALL to {EVERYONE}.")


def _check_table_exists(glue: GlueBackend, database: str, table: Mapping[str, Any] | None) -> None:
    if database not in glue.databases:
        raise JsonRESTError("EntityNotFoundException", f"Database not found: {database}")
    name = table["Name"] if table else ALL_TABLES
    if name != ALL_TABLES and name not in glue.databases[database].tables:
        raise JsonRESTError("EntityNotFoundException", f"Table not found: {name}")


def _named(resource: Resource) -> Resource:
    """Returns the table of a resource with columns."""
    if "TableWithColumns" not in resource:
        return resource
    return {"Table": {key: resource["TableWithColumns"][key] for key in ("CatalogId", "DatabaseName", "Name")}}
