"""Lake Formation in the Glue catalog: decides about calls, and grants permissions on new databases and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeDatabase, FakeTable
from moto.glue.responses import GlueResponse
from moto.lakeformation.models import lakeformation_backends

from test.emulator.lakeformation_callers import Caller, caller_of, decides_about
from test.emulator.lakeformation_decision import allows, check_location, insufficient
from test.emulator.lakeformation_grants import CATALOG, Resource, database, everything, table
from test.emulator.lakeformation_store import grants_of, registered_at, settings_of
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("lakeformation_catalog")

_ON_DATABASE = {
    "GetDatabase": "DESCRIBE",
    "UpdateDatabase": "ALTER",
    "DeleteDatabase": "DROP",
    "CreateTable": "CREATE_TABLE",
}
_ON_TABLE = {
    "GetTable": "DESCRIBE",
    "GetTableVersion": "DESCRIBE",
    "GetTableVersions": "DESCRIBE",
    "GetPartition": "DESCRIBE",
    "GetPartitions": "DESCRIBE",
    "UpdateTable": "ALTER",
    "DeleteTable": "DROP",
    "BatchDeleteTable": "DROP",
}
"""https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html"""


@PATCHES.replace(GlueResponse, "_authenticate_and_authorize_normal_action", "eaa6fd717485")
def _authorize(stock: Any, self: GlueResponse, resource: str = "*") -> None:
    """IAM decides first, then Lake Formation.

    https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-overview.html
    """
    stock(self, resource)
    caller = caller_of(self)
    if decides_about(caller) and _is_own(self):
        _check_permissions(self, caller)
        _check_new_location(self, caller)


@PATCHES.replace(GlueResponse, "create_database", "847ca5fe6936")
def _create_database(stock: Any, self: GlueResponse) -> ActionResult:
    """https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html."""
    answer: ActionResult = stock(self)
    name, settings = self.parameters["DatabaseInput"]["Name"], settings_of(self.current_account, self.region)
    given = self.glue_backend.get_database(name).input
    given.setdefault("CreateTableDefaultPermissions", settings.get("CreateTableDefaultPermissions") or [])
    _grant(self, database(name, self.current_account), settings.get("CreateDatabaseDefaultPermissions") or [])
    return answer


@PATCHES.replace(GlueResponse, "delete_database", "65d32b973bca")
def _delete_database(stock: Any, self: GlueResponse) -> EmptyResult:
    answer: EmptyResult = stock(self)
    forget(self.current_account, self.region, self.parameters["Name"])
    return answer


@PATCHES.replace(GlueResponse, "batch_delete_table", "0cb59aaa2534")
def _batch_delete_table(stock: Any, self: GlueResponse) -> ActionResult:
    answer: ActionResult = stock(self)
    forget(self.current_account, self.region, self.parameters["DatabaseName"], self.parameters["TablesToDelete"])
    return answer


def table_created(request: GlueResponse) -> None:
    """Grants permissions on a new table to its creator, and those that its database grants by default."""
    parameters = request.parameters
    defaults = request.glue_backend.get_database(parameters["DatabaseName"]).input.get("CreateTableDefaultPermissions")
    created = table(parameters["DatabaseName"], parameters["TableInput"]["Name"], request.current_account)
    _grant(request, created, defaults or [])


def forget(account: str, region: str, database_name: str, tables: Sequence[str] | None = None) -> None:
    """Removes the grants on a database and everything in it, or on some of its tables."""
    catalog = grants_of(account, region)
    for grant in list(catalog.permissions):
        named = grant.resource.get("Table") or grant.resource.get("TableWithColumns") or {}
        in_database = named.get("DatabaseName", grant.resource.get("Database", {}).get("Name")) == database_name
        if in_database and (tables is None or named.get("Name") in tables):
            catalog.permissions.discard(grant)


def visible_tables(request: GlueResponse, tables: Iterable[FakeTable]) -> list[FakeTable]:
    """Returns the tables that the caller may describe.

    https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html
    """
    decides, caller = _decides(request), caller_of(request)
    return [one for one in tables if not decides or _describes(request, caller, _table(request, one.name))]


def visible_databases(request: GlueResponse, databases: Iterable[FakeDatabase]) -> list[FakeDatabase]:
    """Returns the databases that the caller may describe."""
    decides, caller, account = _decides(request), caller_of(request), request.current_account
    return [one for one in databases if not decides or _describes(request, caller, database(one.name, account))]


def _decides(request: GlueResponse) -> bool:
    return decides_about(caller_of(request)) and _is_own(request)


def _describes(request: GlueResponse, caller: Caller, resource: Resource) -> bool:
    return allows(caller, "DESCRIBE", resource, request.region)


def _table(request: GlueResponse, name: str) -> Resource:
    return table(request.parameters["DatabaseName"], name, request.current_account)


def _is_own(request: GlueResponse) -> bool:
    """Whether a request addresses the account's own catalog; others are shared by `glue_sharing`."""
    catalog = request.parameters.get("CatalogId") or request.current_account
    return bool(catalog == request.current_account)


def _check_permissions(request: GlueResponse, caller: Caller) -> None:
    for permission, resource in _required(request):
        if not allows(caller, permission, resource, request.region):
            raise insufficient(permission, resource)


def _required(request: GlueResponse) -> Iterable[tuple[str, Resource]]:
    action, parameters, account = request._get_action(), request.parameters, request.current_account
    databases = request.glue_backend.databases
    if action == "CreateDatabase":
        return [("CREATE_DATABASE", CATALOG)]
    if action in _ON_DATABASE:
        name = parameters.get("DatabaseName") or parameters["Name"]
        return [(_ON_DATABASE[action], database(name, account))] if name in databases else []
    if action not in _ON_TABLE or parameters["DatabaseName"] not in databases:
        return []
    return [(_ON_TABLE[action], _table(request, name)) for name in _table_names(parameters)]


def _table_names(parameters: Mapping[str, Any]) -> Sequence[str]:
    if "TablesToDelete" in parameters:
        return [name.lower() for name in parameters["TablesToDelete"]]
    return [parameters.get("TableName") or parameters.get("TableInput", parameters)["Name"]]


def _check_new_location(request: GlueResponse, caller: Caller) -> None:
    """A table at a registered location requires access to the location, unless it is within that of its database.

    https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
    """
    location, covered = _new_location(request)
    if location and registered_at(location, request.current_account, request.region):
        check_location(caller, location, covered, request.region)


def _new_location(request: GlueResponse) -> tuple[str, str]:
    """Returns the location that a request sets, and the location for which no further permission is required."""
    parameters, databases = request.parameters, request.glue_backend.databases
    if request._get_action() in ("CreateDatabase", "UpdateDatabase"):
        held = databases.get(parameters["DatabaseInput"]["Name"])
        return parameters["DatabaseInput"].get("LocationUri") or "", held.input.get("LocationUri", "") if held else ""
    if request._get_action() in ("CreateTable", "UpdateTable") and parameters["DatabaseName"] in databases:
        storage = parameters["TableInput"].get("StorageDescriptor") or {}
        return storage.get("Location") or "", databases[parameters["DatabaseName"]].input.get("LocationUri") or ""
    return "", ""


def _grant(request: GlueResponse, resource: Resource, defaults: Iterable[Mapping[str, Any]]) -> None:
    backend = lakeformation_backends[request.current_account][request.region]
    caller, own = caller_of(request), sorted(everything(resource))
    if not caller.is_root:
        creator = {"DataLakePrincipalIdentifier": caller.arn}
        backend.grant_permissions(request.current_account, creator, resource, own, own)
    for default in defaults:
        backend.grant_permissions(
            request.current_account, default["Principal"], resource, list(default["Permissions"]), []
        )
