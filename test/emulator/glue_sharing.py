"""Databases of other accounts, shared by Lake Formation and accessed by catalog ID or through a resource link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakeDatabase, GlueBackend, glue_backends
from moto.glue.responses import GlueResponse
from moto.lakeformation.models import lakeformation_backends

from test.emulator.process import REGION

_shares: set[tuple[str, str, str]] = set()
"""Owner, database and account with which the database is shared."""


def share(owner: str, database: str, account: str) -> None:
    """Shares a database with an account; creates the database if its owner does not have it."""
    if database not in glue_backends[owner][REGION].databases:
        glue_backends[owner][REGION].create_database(database, {"Name": database})
    _shares.add((owner, database, account))
    lakeformation_backends[owner][REGION].grant_permissions(owner, *_grant(owner, database, account), ["DESCRIBE"], [])


def unshare(owner: str, database: str, account: str) -> None:
    """Stops sharing a database; the owner keeps it."""
    _shares.discard((owner, database, account))
    lakeformation_backends[owner][REGION].revoke_permissions(owner, *_grant(owner, database, account), ["DESCRIBE"], [])


def clear() -> None:
    """Stops sharing all databases."""
    _shares.clear()


def shared_with(request: GlueResponse) -> Iterable[FakeDatabase]:
    """Returns the databases that other accounts share with the caller's account."""
    return [
        glue_backends[owner][request.region].databases[name]
        for owner, name, account in sorted(_shares)
        if account == request.current_account and name in glue_backends[owner][request.region].databases
    ]


def resolve_link(request: GlueResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Returns the parameters with a resource link replaced by its target database.

    https://docs.aws.amazon.com/lake-formation/latest/dg/resource-links-about.html
    """
    databases = glue_backends[request.current_account][request.region].databases
    link = databases.get(parameters.get("DatabaseName", ""))
    if link is None or not link.input.get("TargetDatabase") or _is_in_another_account(request, parameters):
        return parameters
    target = link.input["TargetDatabase"]
    return parameters | {"CatalogId": target["CatalogId"], "DatabaseName": target["DatabaseName"]}


def backend(request: GlueResponse, own: GlueBackend) -> GlueBackend:
    """Returns the catalog that a request addresses.

    Raises:
        JsonRESTError: The catalog belongs to another account, which does not share the database.
    """
    parameters = request.parameters
    if not _is_in_another_account(request, parameters):
        return own
    database = parameters.get("DatabaseName") or parameters.get("Name", "")
    if (parameters["CatalogId"], database, request.current_account) not in _shares:
        raise JsonRESTError(
            "AccessDeniedException", f"Insufficient Lake Formation permission(s): Required Describe on {database}"
        )
    return glue_backends[parameters["CatalogId"]][request.region]


def _is_in_another_account(request: GlueResponse, parameters: dict[str, Any]) -> bool:
    catalog = parameters.get("CatalogId", "")
    return bool(catalog.isdigit()) and catalog != request.current_account


def _grant(owner: str, database: str, account: str) -> tuple[dict[str, str], dict[str, Any]]:
    return {"DataLakePrincipalIdentifier": account}, {"Database": {"CatalogId": owner, "Name": database}}
