"""Lake Formation lists, grants and revokes permissions, registers locations and stores settings as AWS does."""

from __future__ import annotations

import json
from functools import partial

import pytest

ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"}
TASK = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/task"}
ORDERS = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
REFUNDS = {"Table": {"DatabaseName": "sales", "Name": "refunds"}}
ALL_TABLES = {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}
SALES = {"Database": {"Name": "sales"}}
LAKE = {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}}
EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def lake_formation(aws):
    """A client, in an account with two roles, a database and two tables that Lake Formation governs."""
    client, iam, glue = aws.client("lakeformation"), aws.client("iam"), aws.client("glue")
    client.put_data_lake_settings(DataLakeSettings={"CreateDatabaseDefaultPermissions": []})
    for name in ("analyst", "task"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lakeformation.amazonaws.com"))
    glue.create_database(DatabaseInput={"Name": "sales"})
    for name in ("orders", "refunds"):
        glue.create_table(DatabaseName="sales", TableInput={"Name": name})
    return client


@pytest.fixture
def grant(lake_formation):
    return lambda principal, resource, *permissions: lake_formation.grant_permissions(
        Principal=principal, Resource=resource, Permissions=permissions
    )


@pytest.fixture
def listed(lake_formation):
    """`listed(Resource=…)` returns a set of (role, resource type, permission), without the group of everyone."""

    def listed(**filters):
        found = lake_formation.list_permissions(**filters)["PrincipalResourcePermissions"]
        return {
            (entry["Principal"]["DataLakePrincipalIdentifier"].rsplit("/", 1)[1], kind, permission)
            for entry in found
            if entry["Principal"] != EVERYONE
            for kind in entry["Resource"]
            for permission in entry["Permissions"]
        }

    return listed


def test_grants_on_one_table_are_listed_without_those_on_others(grant, listed):
    grant(ANALYST, ORDERS, "DESCRIBE")
    grant(ANALYST, REFUNDS, "DESCRIBE")
    grant(TASK, SALES, "CREATE_TABLE")
    assert listed(Resource=ORDERS) == {("analyst", "Table", "DESCRIBE")}
    assert listed(Resource=SALES) == {("task", "Database", "CREATE_TABLE")}


def test_grants_of_one_principal_are_listed_without_those_of_others(grant, listed):
    grant(ANALYST, ORDERS, "DESCRIBE")
    grant(TASK, ORDERS, "INSERT")
    assert listed(Resource=ORDERS, Principal=TASK) == {("task", "Table", "INSERT")}


def test_grants_are_listed_by_resource_type(lake_formation, grant, listed):
    register(lake_formation)
    grant(ANALYST, ORDERS, "DESCRIBE")
    grant(ANALYST, LAKE, "DATA_LOCATION_ACCESS")
    assert listed(ResourceType="TABLE") == {("analyst", "Table", "DESCRIBE")}
    assert listed(ResourceType="DATA_LOCATION") == {("analyst", "DataLocation", "DATA_LOCATION_ACCESS")}


def test_select_on_a_table_is_listed_as_select_on_its_columns(grant, listed):
    grant(ANALYST, ORDERS, "SELECT", "DESCRIBE")
    expected = {("analyst", "TableWithColumns", "SELECT"), ("analyst", "Table", "DESCRIBE")}
    assert listed(Resource=ORDERS) == expected


def test_a_listed_grant_can_be_revoked_unchanged(lake_formation, grant, listed):
    grant(ANALYST, ORDERS, "SELECT")
    grant(ANALYST, ORDERS, "INSERT", "DESCRIBE")
    for entry in lake_formation.list_permissions(Resource=ORDERS)["PrincipalResourcePermissions"]:
        entry.pop("PermissionsWithGrantOption")
        lake_formation.revoke_permissions(**{key: entry[key] for key in ("Principal", "Resource", "Permissions")})
    assert listed() == set()


def test_a_permission_can_be_revoked_without_the_others(lake_formation, grant, listed):
    grant(ANALYST, ORDERS, "INSERT")
    grant(ANALYST, ORDERS, "DESCRIBE")
    lake_formation.revoke_permissions(Principal=ANALYST, Resource=ORDERS, Permissions=["INSERT"])
    assert listed() == {("analyst", "Table", "DESCRIBE")}


@pytest.mark.parametrize(
    ("granted", "message"), [([], "has no permissions and no grantable"), (["DESCRIBE"], r"does not have: \[INSERT\]")]
)
def test_revoking_a_permission_that_was_not_granted_is_an_error(lake_formation, grant, granted, message):
    if granted:
        grant(ANALYST, ORDERS, *granted)
    with pytest.raises(lake_formation.exceptions.InvalidInputException, match=f"Grantee {message}"):
        lake_formation.revoke_permissions(Principal=ANALYST, Resource=ORDERS, Permissions=["INSERT"])


def test_a_batch_lists_the_entries_that_failed(lake_formation, grant, listed):
    grant(ANALYST, ORDERS, "INSERT")
    entry = partial(dict, Principal=ANALYST, Permissions=["INSERT"])
    entries = [entry(Id="a", Resource=REFUNDS), entry(Id="b", Resource=ORDERS)]
    failures = lake_formation.batch_revoke_permissions(Entries=entries)["Failures"]
    assert [failure["RequestEntry"]["Id"] for failure in failures] == ["a"]
    assert listed() == set()


def test_grants_are_returned_in_pages(lake_formation, grant):
    for resource in (ORDERS, REFUNDS, ALL_TABLES):
        grant(ANALYST, resource, "INSERT")
    filters = {"ResourceType": "TABLE"}
    first = lake_formation.list_permissions(MaxResults=2, **filters)
    second = lake_formation.list_permissions(MaxResults=2, NextToken=first["NextToken"], **filters)
    assert [len(page["PrincipalResourcePermissions"]) for page in (first, second)] == [2, 1]


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_registered_location_reports_hybrid_access(lake_formation, hybrid):
    register(lake_formation, HybridAccessEnabled=hybrid)
    described = lake_formation.describe_resource(ResourceArn="arn:aws:s3:::lake")["ResourceInfo"]
    assert described["HybridAccessEnabled"] is hybrid


def test_the_complete_set_of_permissions_is_listed_with_all(grant, listed):
    grant(ANALYST, SALES, "ALTER", "CREATE_TABLE", "DESCRIBE")
    assert ("analyst", "Database", "ALL") not in listed(Resource=SALES, Principal=ANALYST)
    grant(ANALYST, SALES, "DROP")
    assert ("analyst", "Database", "ALL") in listed(Resource=SALES, Principal=ANALYST)


def test_all_is_listed_with_every_permission(grant, listed):
    grant(ANALYST, ALL_TABLES, "ALL")
    own = ("ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT")
    expected = {("analyst", "Table", permission) for permission in own} | {("analyst", "TableWithColumns", "SELECT")}
    assert listed(Resource=ALL_TABLES, Principal=ANALYST) == expected


def test_a_wildcard_is_listed_as_all_tables(lake_formation, grant):
    grant(ANALYST, ALL_TABLES, "SELECT", "INSERT")
    found = lake_formation.list_permissions(Resource=ALL_TABLES, Principal=ANALYST)["PrincipalResourcePermissions"]
    table, columns = (entry["Resource"] for entry in found)
    catalog = {"CatalogId": "123456789012", "DatabaseName": "sales", "Name": "ALL_TABLES"}
    assert table == {"Table": {**catalog, "TableWildcard": {}}}
    assert columns == {"TableWithColumns": {**catalog, "ColumnWildcard": {}}}


def test_permissions_of_a_principal_include_those_of_everyone(lake_formation, grant, listed):
    grant(ANALYST, SALES, "DESCRIBE")
    grant(EVERYONE, SALES, "ALL")
    own = ("ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP")
    assert listed(Resource=SALES, Principal=ANALYST) == {("analyst", "Database", permission) for permission in own}
    assert listed(Resource=SALES) == {("analyst", "Database", "DESCRIBE")}
    with pytest.raises(lake_formation.exceptions.InvalidInputException, match=r"does not have: \[ALL, ALTER"):
        lake_formation.revoke_permissions(Principal=ANALYST, Resource=SALES, Permissions=list(own))


@pytest.mark.parametrize("resource", [SALES, ALL_TABLES, ORDERS])
def test_permissions_of_an_administrator_include_grant_options_on_everything(lake_formation, grant, resource):
    lake_formation.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [ANALYST]})
    grant(ANALYST, resource, "ALTER")
    found = lake_formation.list_permissions(Resource=resource, Principal=ANALYST)["PrincipalResourcePermissions"]
    assert {"ALTER", "DESCRIBE"} == {permission for entry in found for permission in entry["Permissions"]}
    options = {permission for entry in found for permission in entry["PermissionsWithGrantOption"]}
    assert {"ALL", "ALTER", "DESCRIBE", "DROP"} < options


def test_grants_on_columns_are_listed_with_their_columns(lake_formation, grant):
    columns = {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnNames": ["id"]}}
    grant(ANALYST, columns, "SELECT")
    (entry,) = lake_formation.list_permissions(Resource=ORDERS, Principal=ANALYST)["PrincipalResourcePermissions"]
    assert entry["Resource"]["TableWithColumns"]["ColumnNames"] == ["id"]


@pytest.mark.parametrize(
    ("principal", "resource", "permissions", "message"),
    [
        ("role/unknown", ORDERS, ["SELECT"], "Invalid principal"),
        ("role/analyst", {"Table": {"DatabaseName": "sales", "Name": "unknown"}}, ["SELECT"], "Table not found"),
        ("role/analyst", {"Database": {"Name": "unknown"}}, ["DESCRIBE"], "Database not found"),
        ("role/analyst", SALES, ["SELECT"], "Permissions modification is invalid"),
        ("role/analyst", ORDERS, ["CREATE_TABLE"], "Permissions modification is invalid"),
        ("role/analyst", LAKE, ["DATA_LOCATION_ACCESS"], "register the S3 path"),
        (
            "role/analyst",
            {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnWildcard": {}}},
            ["ALL"],
            "Permissions modification is invalid",
        ),
    ],
)
def test_invalid_grants_are_rejected(lake_formation, grant, principal, resource, permissions, message):
    arn = {"DataLakePrincipalIdentifier": f"arn:aws:iam::123456789012:{principal}"}
    with pytest.raises(lake_formation.exceptions.ClientError, match=message):
        grant(arn, resource, *permissions)


def test_permissions_of_unknown_resources_cannot_be_listed(lake_formation):
    with pytest.raises(lake_formation.exceptions.EntityNotFoundException):
        lake_formation.list_permissions(Resource={"Table": {"DatabaseName": "sales", "Name": "unknown"}})


@pytest.mark.parametrize("service", [None, "glue.amazonaws.com"])
def test_a_location_requires_a_role_that_lake_formation_can_assume(aws, lake_formation, service):
    if service:
        aws.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=trust(service))
    with pytest.raises(lake_formation.exceptions.InvalidInputException, match="cannot be assumed"):
        register(lake_formation, RoleArn="arn:aws:iam::123456789012:role/reader")


def test_a_new_account_grants_new_databases_and_tables_to_everyone(aws):
    settings = aws.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    everyone = [{"Principal": EVERYONE, "Permissions": ["ALL"]}]
    assert settings["CreateDatabaseDefaultPermissions"] == settings["CreateTableDefaultPermissions"] == everyone
    assert settings["Parameters"] == {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DataLakeAdmins": [ANALYST] * 31}, "length less than or equal to 30"),
        (
            {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/unknown"}]},
            "Invalid principal",
        ),
        ({"CreateTableDefaultPermissions": [{"Principal": EVERYONE, "Permissions": ["SELECT"]}]}, "must be empty"),
    ],
)
def test_invalid_settings_are_rejected(lake_formation, settings, message):
    with pytest.raises(lake_formation.exceptions.ClientError, match=message):
        lake_formation.put_data_lake_settings(DataLakeSettings=settings)


def register(lake_formation, **given):
    arguments = {"RoleArn": ANALYST["DataLakePrincipalIdentifier"], **given}
    lake_formation.register_resource(ResourceArn="arn:aws:s3:::lake", **arguments)
