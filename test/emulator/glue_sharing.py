"""Databases of other accounts: shared by Lake Formation, reached by catalog id or through a resource link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakeDatabase, GlueBackend, glue_backends
from moto.glue.responses import GlueResponse
from moto.lakeformation.models import lakeformation_backends

from test.emulator.process import REGION

_shares: set[tuple[str, str, str]] = set()
"""Owner, database, account that it is shared with."""


def share(owner: str, database: str, account: str) -> None:
    """Lets an account see a database, which is made when its owner has none of the name."""
    if database not in glue_backends[owner][REGION].databases:
        glue_backends[owner][REGION].create_database(database, {"Name": database})
    _shares.add((owner, database, account))
    lakeformation_backends[owner][REGION].grant_permissions(owner, *_grant(owner, database, account), ["DESCRIBE"], [])


def unshare(owner: str, database: str, account: str) -> None:
    """Ends what `share` began; the database stays with its owner."""
    _shares.discard((owner, database, account))
    lakeformation_backends[owner][REGION].revoke_permissions(owner, *_grant(owner, database, account), ["DESCRIBE"], [])


def forget() -> None:
    """Ends every share."""
    _shares.clear()


def shared_with(request: GlueResponse) -> Iterable[FakeDatabase]:
    """Databases that other accounts share with the caller's."""
    return [
        glue_backends[owner][request.region].databases[name]
        for owner, name, account in sorted(_shares)
        if account == request.current_account and name in glue_backends[owner][request.region].databases
    ]


def behind_link(request: GlueResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters with a resource link replaced by the database that it leads to.

    https://docs.aws.amazon.com/lake-formation/latest/dg/resource-links-about.html
    """
    databases = glue_backends[request.current_account][request.region].databases
    link = databases.get(parameters.get("DatabaseName", ""))
    if link is None or not link.input.get("TargetDatabase") or _foreign(request, parameters):
        return parameters
    target = link.input["TargetDatabase"]
    return parameters | {"CatalogId": target["CatalogId"], "DatabaseName": target["DatabaseName"]}


def backend(request: GlueResponse, own: GlueBackend) -> GlueBackend:
    """The catalog that a request is about.

    Raises:
        JsonRESTError: It is another account's, which does not share the database.
    """
    parameters = request.parameters
    if not _foreign(request, parameters):
        return own
    database = parameters.get("DatabaseName") or parameters.get("Name", "")
    if (parameters["CatalogId"], database, request.current_account) not in _shares:
        raise JsonRESTError(
            "AccessDeniedException", f"Insufficient Lake Formation permission(s): Required Describe on {database}"
        )
    return glue_backends[parameters["CatalogId"]][request.region]


def _foreign(request: GlueResponse, parameters: dict[str, Any]) -> bool:
    catalog = parameters.get("CatalogId", "")
    return bool(catalog.isdigit()) and catalog != request.current_account


def _grant(owner: str, database: str, account: str) -> tuple[dict[str, str], dict[str, Any]]:
    return {"DataLakePrincipalIdentifier": account}, {"Database": {"CatalogId": owner, "Name": database}}
