"""Lake Formation lists and revokes grants as AWS does."""

from __future__ import annotations

from functools import partial

import pytest

ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"}
TASK = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/task"}
ORDERS = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
REFUNDS = {"Table": {"DatabaseName": "sales", "Name": "refunds"}}
SALES = {"Database": {"Name": "sales"}}


@pytest.fixture
def lake_formation(aws):
    return aws.client("lakeformation")


@pytest.fixture
def grant(lake_formation):
    return lambda principal, resource, *permissions: lake_formation.grant_permissions(
        Principal=principal, Resource=resource, Permissions=permissions
    )


@pytest.fixture
def listed(lake_formation):
    """`listed(Resource=…)` returns a set of (role, resource type, permission)."""

    def listed(**filters):
        found = lake_formation.list_permissions(**filters)["PrincipalResourcePermissions"]
        return {
            (entry["Principal"]["DataLakePrincipalIdentifier"].rsplit("/", 1)[1], kind, permission)
            for entry in found
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


def test_grants_are_listed_by_resource_type(grant, listed):
    grant(ANALYST, ORDERS, "DESCRIBE")
    grant(ANALYST, {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}}, "DATA_LOCATION_ACCESS")
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
    for number in range(3):
        grant(ANALYST, {"Table": {"DatabaseName": "sales", "Name": f"t{number}"}}, "INSERT")
    first = lake_formation.list_permissions(MaxResults=2)
    second = lake_formation.list_permissions(MaxResults=2, NextToken=first["NextToken"])
    assert [len(page["PrincipalResourcePermissions"]) for page in (first, second)] == [2, 1]


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_registered_location_reports_hybrid_access(lake_formation, hybrid):
    role = ANALYST["DataLakePrincipalIdentifier"]
    lake_formation.register_resource(ResourceArn="arn:aws:s3:::lake", RoleArn=role, HybridAccessEnabled=hybrid)
    described = lake_formation.describe_resource(ResourceArn="arn:aws:s3:::lake")["ResourceInfo"]
    assert described["HybridAccessEnabled"] is hybrid
