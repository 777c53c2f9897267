"""Glue Data Catalog: optimistic locking, archived versions, lowercase names, pagination."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse

from test.emulator import glue_sharing, lakeformation_catalog
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("glue")

_PAGE = 100
"""https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html, MaxResults"""

_writing = threading.RLock()


@PATCHES.replace(GlueResponse, "create_table", "7e3b3d6927c8")
def _create_table(stock: Any, self: GlueResponse) -> Any:
    # moto checks for the table and stores it in two steps, and serves each request in a separate thread.
    with _writing:
        answer = stock(self)
        lakeformation_catalog.table_created(self)
        return answer


@PATCHES.replace(GlueResponse, "update_table", "0d5c5009a276")
def _update_table(stock: Any, self: GlueResponse) -> EmptyResult:
    """Rejects a stale version: https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html."""
    parameters = self.parameters
    wanted, given = parameters.get("VersionId"), parameters["TableInput"]
    with _writing:
        table = self.glue_backend.get_table(parameters["DatabaseName"], given["Name"])
        replaced = str(table._current_version)
        if wanted is not None and str(wanted) != replaced:
            raise JsonRESTError(
                "ConcurrentModificationException", "Update table failed due to concurrent modifications."
            )
        table.update(given)
        if parameters.get("SkipArchive"):
            table.versions.pop(replaced, None)
    return EmptyResult()


@PATCHES.replace(GlueResponse, "delete_table", "f9cc94322efc")
def _delete_table(stock: Any, self: GlueResponse) -> Any:
    with _writing:
        answer = stock(self)
        names = self.parameters["DatabaseName"], [self.parameters["Name"]]
        lakeformation_catalog.forget(self.current_account, self.region, *names)
        return answer


@PATCHES.replace(GlueResponse, "parameters", "ea8c8bbf9ea4")
def _parameters(stock: Any, self: GlueResponse) -> dict[str, Any]:
    """Converts names to lower case: https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html."""
    parameters: dict[str, Any] = stock(self)
    if self._get_action().endswith(_NAMING_ACTIONS):
        for named in (parameters, parameters.get("TableInput", {}), parameters.get("DatabaseInput", {})):
            named |= {key: named[key].lower() for key in ("Name", "DatabaseName", "TableName") if key in named}
    return glue_sharing.resolve_link(self, parameters)


@PATCHES.replace(GlueResponse, "glue_backend", "fdf8539dbd02")
def _glue_backend(stock: Any, self: GlueResponse) -> GlueBackend:
    return glue_sharing.backend(self, stock(self))


@PATCHES.replace(GlueResponse, "get_databases", "bc9b43494478")
def _get_databases(stock: Any, self: GlueResponse) -> ActionResult:
    kind = self.parameters.get("ResourceShareType")
    held = [] if kind in ("FOREIGN", "FEDERATED") else self.glue_backend.get_databases()
    own = lakeformation_catalog.visible_databases(self, held)
    foreign = glue_sharing.shared_with(self) if kind in ("FOREIGN", "ALL") else []
    return _page(self, "DatabaseList", [database.as_dict() for database in [*own, *foreign]])


@PATCHES.replace(GlueResponse, "get_tables", "22ff8370473d")
def _get_tables(stock: Any, self: GlueResponse) -> ActionResult:
    """Returns only the attributes in AttributesToGet: https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html."""
    wanted = self.parameters.get("AttributesToGet")
    if wanted is not None and "NAME" not in wanted:
        raise JsonRESTError("InvalidInputException", "AttributesToGet must include NAME")
    found = self.glue_backend.get_tables(self.parameters["DatabaseName"], self.parameters.get("Expression"))
    tables = [one.as_dict() for one in lakeformation_catalog.visible_tables(self, found)]
    return _page(self, "TableList", [_selected(table, wanted) for table in tables])


def _selected(table: dict[str, Any], wanted: Sequence[str] | None) -> dict[str, Any]:
    if wanted is None or "DEFAULT" in wanted:
        return table
    names = {"Name", *(["TableType"] if "TABLE_TYPE" in wanted else [])}
    return {name: value for name, value in table.items() if name in names}


@PATCHES.command
def share_database(owner: str, database: str, account: str) -> None:
    """Shares a database of another account with this one, as its owner would in Lake Formation."""
    glue_sharing.share(owner, database, account)


@PATCHES.command
def unshare_database(owner: str, database: str, account: str) -> None:
    """Stops sharing a database; resource links to it remain, but no longer resolve."""
    glue_sharing.unshare(owner, database, account)


PATCHES.on_reset(glue_sharing.clear)


_NAMING_ACTIONS = (
    "Database",
    "Databases",
    "Table",
    "Tables",
    "TableVersion",
    "TableVersions",
    "Partition",
    "Partitions",
)


def _page(self: GlueResponse, key: str, entries: Sequence[dict[str, Any]]) -> ActionResult:
    start = int(self.parameters.get("NextToken") or 0)
    end = start + min(self.parameters.get("MaxResults") or _PAGE, _PAGE)
    more = {"NextToken": str(end)} if end < len(entries) else {}
    return ActionResult({key: entries[start:end], **more})
