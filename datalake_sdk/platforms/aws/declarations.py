"""Finds the table or location that a task must declare to get the permission for a denied request."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from datalake_sdk import naming

_S3_ARN = re.compile(r"arn:[^:]+:s3:::(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)
_GLUE_ARN = re.compile(r"arn:[^:]+:glue:[^:]*:[^:]*:(?P<kind>database|table)/(?P<database>[^/]+)(?:/(?P<table>.+))?")
_TABLE_FOLDER = re.compile(r"(?P<database>[a-z0-9_]+)/(?P<table>[a-z0-9_]+)(?:/|$)")
_UNKNOWN_DATABASE, _UNKNOWN_TABLE = "<database>", "<table>"


def declaration(resource: str, parameters: Mapping[str, Any]) -> str:
    """Returns the table or location to declare in a task that accesses a resource.

    Args:
        resource: ARN of the resource.
        parameters: Parameters of the request; they complete the name of a table and the prefix of a listing.

    Returns:
        `sales.orders`, without the stage's prefix in a task; `s3://inbox/orders/`; empty for other resources.
    """
    if s3 := _S3_ARN.fullmatch(resource):
        return _location(s3["bucket"], str(s3["key"] or parameters.get("Prefix") or ""))
    if glue := _GLUE_ARN.fullmatch(resource):
        return table_declaration(glue["database"], glue["table"] or _table_of(parameters))
    if ":s3tables:" in resource and parameters:
        return table_declaration(str(parameters["namespace"]), str(parameters["name"]))
    if resource.endswith(":catalog"):
        return table_declaration(_database_of(parameters), _table_of(parameters))
    return ""


def lake_formation_declaration(name: str, parameters: Mapping[str, Any]) -> str:
    """Returns the table to declare in a task that needs a permission of Lake Formation.

    Args:
        name: Table, or database for a request about a database.
        parameters: Parameters of the request, which contain the database.
    """
    if "." in name:
        return table_declaration(*name.split(".", 1))
    database = _database_of(parameters)
    return table_declaration(database, _table_of(parameters) or (name if name != database else ""))


def table_declaration(database: str, table: str) -> str:
    """Returns `database.table`; in a task, without the stage's prefix."""
    stage = os.environ.get("STAGE_NAME")
    prefix = naming.database_prefix(naming.normalized_stage_name(stage)) if stage else ""
    return f"{database.removeprefix(prefix) or _UNKNOWN_DATABASE}.{table or _UNKNOWN_TABLE}"


def _location(bucket: str, key: str) -> str:
    folder = _TABLE_FOLDER.match(key)
    if folder and _is_data_bucket(bucket):
        return f"{folder['database']}.{folder['table']}"
    parent, _, name = key.rpartition("/")
    # Arrow requests a folder as an object without the slash at the end.
    is_folder = not parent and name and "." not in name
    return f"s3://{bucket}/{parent or name}{'/' if parent or is_folder else ''}"


def _is_data_bucket(bucket: str) -> bool:
    """Whether a bucket contains the tables of this domain or, outside of a task, of any domain."""
    names = [os.environ.get(name) for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME")]
    project, domain, stage = (name or "" for name in names)
    if not all(names):
        return bucket.endswith("-data")
    return bucket == naming.data_bucket_name(project, domain, naming.normalized_stage_name(stage))


def _database_of(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("DatabaseName") or parameters.get("Name") or "")


def _table_of(parameters: Mapping[str, Any]) -> str:
    if "DatabaseName" not in parameters:
        return ""
    created = parameters.get("TableInput") or {}
    return str(parameters.get("TableName") or parameters.get("Name") or created.get("Name") or "")
