"""Opt-ins to Lake Formation permissions at locations in hybrid access mode.

https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html
"""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError
from moto.lakeformation import urls
from moto.lakeformation.responses import LakeFormationResponse

from test.emulator.lakeformation_grants import ALL_TABLES, Resource, kind_of
from test.emulator.lakeformation_store import completed
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("lakeformation_opt_ins")

_opt_ins: dict[str, tuple[str, Resource]] = {}


@PATCHES.on_start
def _serve() -> None:
    for operation in ("CreateLakeFormationOptIn", "DeleteLakeFormationOptIn", "ListLakeFormationOptIns"):
        urls.url_paths["{0}/" + operation + "$"] = LakeFormationResponse.dispatch


@PATCHES.on_reset
def _clear() -> None:
    _opt_ins.clear()


@PATCHES.add(LakeFormationResponse, "create_lake_formation_opt_in")
def _create(self: LakeFormationResponse) -> str:
    principal, resource = _given(self)
    _opt_ins[_key(principal, resource)] = (principal, resource)
    return "{}"


@PATCHES.add(LakeFormationResponse, "delete_lake_formation_opt_in")
def _delete(self: LakeFormationResponse) -> str:
    if _opt_ins.pop(_key(*_given(self)), None) is None:
        raise JsonRESTError("EntityNotFoundException", "Opt-in not found.")
    return "{}"


@PATCHES.add(LakeFormationResponse, "list_lake_formation_opt_ins")
def _list(self: LakeFormationResponse) -> str:
    listed = [
        {"Principal": {"DataLakePrincipalIdentifier": principal}, "Resource": resource}
        for principal, resource in _opt_ins.values()
    ]
    return json.dumps({"LakeFormationOptInsInfoList": listed})


def is_opted_in(principal: str, resource: Resource) -> bool:
    """Whether Lake Formation permissions apply to a principal although a resource also grants access by IAM."""
    wanted = resource[kind_of(resource)]
    return any(
        _covers(opted[kind_of(opted)], wanted, kind_of(opted)) for name, opted in _opt_ins.values() if name == principal
    )


def _covers(opted: dict[str, str], wanted: dict[str, str], kind: str) -> bool:
    if kind == "Database":
        return opted["Name"] == wanted.get("DatabaseName", wanted.get("Name"))
    return opted.get("DatabaseName") == wanted.get("DatabaseName") and opted.get("Name") in (
        ALL_TABLES,
        wanted.get("Name"),
    )


def _given(self: LakeFormationResponse) -> tuple[str, Resource]:
    principal = self._get_param("Principal")["DataLakePrincipalIdentifier"]
    return principal, completed(self._get_param("Resource"), self.current_account)


def _key(principal: str, resource: Resource) -> str:
    return json.dumps([principal, resource], sort_keys=True)
