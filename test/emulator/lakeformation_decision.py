"""What Lake Formation allows a caller, with the wording of AWS."""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends

from test.emulator.lakeformation_callers import EVERYONE, Caller, is_administrator
from test.emulator.lakeformation_grants import Resource, allowed_on, database, is_within, kind_of, location
from test.emulator.lakeformation_opt_ins import is_opted_in
from test.emulator.lakeformation_store import grants_of, location_arn, registered_at, settings_of
from test.emulator.process import REGION


def allows(caller: Caller, permission: str, resource: Resource, region: str = REGION) -> bool:
    """Whether Lake Formation allows an operation that requires a permission.

    A table that does not exist requires DESCRIBE on its database.
    """
    if is_administrator(settings_of(caller.account, region), caller.arn) and permission in _ADMINISTRATORS:
        return True
    catalog, principals = grants_of(caller.account, region), principals_of(caller, resource, region)
    if permission in allowed_on(catalog, principals, resource):
        return True
    named = resource.get("Table")
    if named is None or named["Name"] in glue_backends[caller.account][region].databases[named["DatabaseName"]].tables:
        return False
    return "DESCRIBE" in allowed_on(catalog, principals, database(named["DatabaseName"], caller.account))


_ADMINISTRATORS = ("CREATE_DATABASE", "DESCRIBE")
"""https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html"""


def principals_of(caller: Caller, resource: Resource, region: str = REGION) -> frozenset[str]:
    """Returns the principals whose grants apply: in hybrid mode, opted-in ones need grants of their own.

    https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html
    """
    if is_opted_in(caller.arn, resource):
        return caller.groups - {EVERYONE}
    return caller.groups


def check_location(caller: Caller, path: str, covered: str, region: str = REGION) -> None:
    """Rejects a location for which the caller lacks data location permissions.

    Args:
        caller: The caller.
        path: The location, which is registered.
        covered: Location for which no further permission is required; may be empty.
        region: Region of the catalog.
    """
    if covered and is_within(path, covered):
        return
    if is_administrator(settings_of(caller.account, region), caller.arn):
        return
    if registered_at(path, caller.account, region).hybrid_access:
        return
    wanted = location(location_arn(path), caller.account)
    if "DATA_LOCATION_ACCESS" not in allowed_on(grants_of(caller.account, region), caller.groups, wanted):
        raise JsonRESTError("AccessDeniedException", f"Insufficient Lake Formation permission(s) on {path}")


def insufficient(permission: str, resource: Resource) -> JsonRESTError:
    """https://docs.aws.amazon.com/lake-formation/latest/dg/troubleshooting.html."""
    return JsonRESTError("AccessDeniedException", message(permission, resource))


def message(permission: str, resource: Resource) -> str:
    required = permission.replace("_", " ").title()
    name = "Catalog" if "Catalog" in resource else resource[kind_of(resource)]["Name"]
    return f"Insufficient Lake Formation permission(s): Required {required} on {name}"
