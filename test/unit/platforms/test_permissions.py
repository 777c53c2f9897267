"""Only grants on the table itself are revoked."""

from __future__ import annotations

from datalake_sdk.platforms.aws.permissions import TablePermissions

ORDERS = {"DatabaseName": "dev_sales", "Name": "orders"}
ALL_TABLES = {"DatabaseName": "dev_sales", "Name": "ALL_TABLES"}
ON_THE_TABLE = [
    {"Table": ORDERS},
    {"TableWithColumns": {**ORDERS, "ColumnWildcard": {}}},
]
ON_MORE = [
    {"Table": {**ALL_TABLES, "TableWildcard": {}}},
    {"Table": {"DatabaseName": "dev_sales", "TableWildcard": {}}},
    {"TableWithColumns": {**ALL_TABLES, "ColumnWildcard": {}}},
    {"Database": {"Name": "dev_sales"}},
    {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": []}},
]


class Session:
    """A session whose Lake Formation client lists the grants on a table together with broader grants."""

    caller_arn = "arn:aws:iam::123456789012:user/ana"

    def __init__(self):
        self.revoked = []

    def client(self, service):
        assert service == "lakeformation"
        return self

    def list_permissions(self, Resource):
        assert Resource == {"Table": ORDERS}
        principal = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"}
        grants = [
            {"Principal": principal, "Resource": each, "Permissions": ["SELECT"]} for each in [*ON_MORE, *ON_THE_TABLE]
        ]
        return {"PrincipalResourcePermissions": grants}

    def revoke_permissions(self, Resource, **_):
        self.revoked.append(Resource)


def test_a_grant_on_all_tables_of_the_database_is_kept():
    session = Session()
    permissions = TablePermissions(session)
    assert permissions.revoke_others(("dev_sales", "orders")) == 1
    assert session.revoked == ON_THE_TABLE
    assert permissions.revoke_all(("dev_sales", "orders")) == 1
    assert session.revoked == ON_THE_TABLE * 2
