"""Lake Formation grants on tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

OWNER_PERMISSIONS = ("SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER", "DROP")
"""Listed individually: with `ALL`, every later Terraform plan shows a change.
https://github.com/hashicorp/terraform-provider-aws/issues/44074"""

_EVERYONE = "IAM_ALLOWED_PRINCIPALS"
"""A grant to this group leaves access control to IAM policies. Without it, a caller needs a grant to drop the table.
https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html"""


class TablePermissions:
    """Grants and revokes permissions on tables.

    Args:
        session: Account and region.
    """

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def grant_owner(self, identifier: tuple[str, str], role: str) -> None:
        """Grants a role all permissions on a table.

        Args:
            identifier: Database and table in the catalog.
            role: Name of an IAM role in this account.
        """
        with aws_errors():
            # The ARN contains the path of the role.
            found = self._session.client("iam").get_role(RoleName=role)
            self._client().grant_permissions(
                Principal={"DataLakePrincipalIdentifier": found["Role"]["Arn"]},
                Resource=_table(identifier),
                Permissions=list(OWNER_PERMISSIONS),
            )

    def revoke_others(self, identifier: tuple[str, str]) -> int:
        """Revokes all grants on a table except those that let the caller drop it.

        Returns:
            Number of principals whose grants were revoked.
        """
        return self._revoke_all(
            [grant for grant in self._grants(identifier) if not self._includes_caller(_principal(grant))]
        )

    def revoke_all(self, identifier: tuple[str, str]) -> int:
        """Revokes all grants on a table, which may have been dropped.

        Returns:
            Number of principals whose grants were revoked.
        """
        try:
            grants = self._grants(identifier)
        except AwsRequestError as error:
            if error.code == "EntityNotFoundException":
                return 0
            raise
        return self._revoke_all(grants)

    def _includes_caller(self, principal: str) -> bool:
        # The ARN of a role session contains the role's name without its path.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
        caller = self._session.caller_arn
        name = caller.split("/")[1] if ":assumed-role/" in caller else caller.split("/")[-1]
        same_account = principal.split(":")[4:5] == caller.split(":")[4:5]
        return principal == _EVERYONE or (same_account and principal.split("/")[-1] == name)

    def _grants(self, identifier: tuple[str, str]) -> Sequence[dict[str, Any]]:
        """Returns the grants on the table itself; Lake Formation may also list those on all tables of its database."""
        client = self._client()
        grants: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            with aws_errors():
                page = client.list_permissions(Resource=_table(identifier), **token)
            grants.extend(grant for grant in page["PrincipalResourcePermissions"] if _is_on(grant, identifier))
            if not page.get("NextToken"):
                return grants
            token = {"NextToken": page["NextToken"]}

    def _revoke_all(self, grants: Sequence[dict[str, Any]]) -> int:
        with aws_errors():
            for grant in grants:
                self._client().revoke_permissions(
                    Principal=grant["Principal"],
                    Resource=grant["Resource"],
                    Permissions=grant["Permissions"],
                    PermissionsWithGrantOption=grant.get("PermissionsWithGrantOption", []),
                )
        return len(set(map(_principal, grants)))

    def _client(self) -> Any:
        return self._session.client("lakeformation")


def _principal(grant: dict[str, Any]) -> str:
    return str(grant["Principal"]["DataLakePrincipalIdentifier"])


def _is_on(grant: dict[str, Any], identifier: tuple[str, str]) -> bool:
    resource = grant["Resource"]
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    return (table.get("DatabaseName"), table.get("Name")) == identifier


def _table(identifier: tuple[str, str]) -> dict[str, Any]:
    database, table = identifier
    return {"Table": {"DatabaseName": database, "Name": table}}
