"""Credentials that Lake Formation supplies to Athena for tables at registered locations.

https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from test.emulator import access
from test.emulator.access import Principal, RoleCredentials, ServiceRole
from test.emulator.lakeformation_callers import as_caller
from test.emulator.lakeformation_decision import allows, message, principals_of
from test.emulator.lakeformation_grants import readable_columns, table
from test.emulator.lakeformation_opt_ins import is_opted_in
from test.emulator.lakeformation_store import grants_of, registered_at
from test.emulator.process import ACCOUNT, REGION

_SERVICE = "lakeformation.amazonaws.com"


class DataAccessDeniedError(Exception):
    """The caller may not access the data of a table; the message has AWS's wording."""


@dataclass(frozen=True)
class DataAccess:
    """Access to the files of a table.

    Attributes:
        credentials: Credentials of the registered role.
        columns: Columns that the caller may read; None for all.
    """

    credentials: RoleCredentials
    columns: frozenset[str] | None


def data_access(caller: Principal, entry: Mapping[str, Any]) -> DataAccess | None:
    """Returns access to the data of a table; None if the caller's own permissions apply.

    Args:
        caller: The caller of the query.
        entry: The table in Glue.

    Raises:
        DataAccessDeniedError: The caller lacks SELECT, or `lakeformation:GetDataAccess`.
    """
    resource, principal = table(entry["DatabaseName"], entry["Name"], ACCOUNT), as_caller(caller)
    registration = registered_at(entry.get("StorageDescriptor", {}).get("Location", ""), ACCOUNT)
    if caller.is_root or registration is None:
        return None
    if registration.hybrid_access and not is_opted_in(principal.arn, resource):
        return None
    columns = None
    if not allows(principal, "SELECT", resource):
        columns = readable_columns(grants_of(ACCOUNT), principals_of(principal, resource), resource)
        if not columns:
            raise DataAccessDeniedError(f"Insufficient permissions to execute the query. {message('SELECT', resource)}")
    try:
        access.require(caller, "lakeformation:GetDataAccess", "*")
    except access.AccessDeniedError as error:
        raise DataAccessDeniedError(str(error)) from error
    source = f"arn:aws:lakeformation:{REGION}:{ACCOUNT}:*"
    return DataAccess(access.assume_as_service(ServiceRole(registration.role_arn, _SERVICE, source)), columns)
