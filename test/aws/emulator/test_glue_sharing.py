"""Databases of other accounts are visible once they are shared, and accessible through resource links."""

from __future__ import annotations

import pytest

OWNER = "210987654321"
LINK = {"Name": "sales_link", "TargetDatabase": {"CatalogId": OWNER, "DatabaseName": "sales"}}


@pytest.fixture
def glue(aws):
    return aws.client("glue")


@pytest.fixture
def owner(aws):
    """Glue client of the other account, with the table `orders` in its database `sales`."""
    client = aws.client("glue", aws.assume_role(f"arn:aws:iam::{OWNER}:role/owner"))
    client.create_database(DatabaseInput={"Name": "sales"})
    client.create_table(DatabaseName="sales", TableInput={"Name": "orders"})
    return client


def names(glue, **filters):
    return [(found["Name"], found["CatalogId"]) for found in glue.get_databases(**filters)["DatabaseList"]]


def test_a_shared_database_is_listed_as_foreign_with_its_owner(aws, glue, owner):
    glue.create_database(DatabaseInput={"Name": "own"})
    assert names(glue, ResourceShareType="FOREIGN") == []
    aws.share_database(OWNER, "sales")
    assert names(glue, ResourceShareType="FOREIGN") == [("sales", OWNER)]
    assert names(glue, ResourceShareType="ALL") == [("own", aws.account), ("sales", OWNER)]
    assert names(glue) == [("own", aws.account)]


def test_sharing_creates_a_missing_database(aws, glue):
    aws.share_database(OWNER, "marketing")
    assert names(glue, ResourceShareType="FOREIGN") == [("marketing", OWNER)]


def test_a_resource_link_is_a_local_database_with_a_target(aws, glue, owner):
    aws.share_database(OWNER, "sales")
    glue.create_database(DatabaseInput=LINK)
    assert glue.get_database(Name="sales_link")["Database"]["TargetDatabase"] == LINK["TargetDatabase"]
    assert names(glue) == [("sales_link", aws.account)]
    glue.delete_database(Name="sales_link")
    assert owner.get_database(Name="sales")


def test_tables_are_accessible_through_a_resource_link_and_by_catalog(aws, glue, owner):
    aws.share_database(OWNER, "sales")
    glue.create_database(DatabaseInput=LINK)
    (table,) = glue.get_tables(DatabaseName="sales_link")["TableList"]
    assert (table["Name"], table["DatabaseName"], table["CatalogId"]) == ("orders", "sales", OWNER)
    assert glue.get_table(CatalogId=OWNER, DatabaseName="sales", Name="orders")["Table"]["CatalogId"] == OWNER


def test_a_link_to_a_database_that_is_no_longer_shared_does_not_resolve(aws, glue, owner):
    aws.share_database(OWNER, "sales")
    glue.create_database(DatabaseInput=LINK)
    aws.unshare_database(OWNER, "sales")
    assert names(glue, ResourceShareType="FOREIGN") == []
    assert names(glue) == [("sales_link", aws.account)]
    with pytest.raises(glue.exceptions.AccessDeniedException, match="Required Describe on sales"):
        glue.get_tables(DatabaseName="sales_link")


def test_the_owner_can_list_a_share_as_a_grant(aws, owner):
    aws.share_database(OWNER, "sales")
    credentials = aws.assume_role(f"arn:aws:iam::{OWNER}:role/owner")
    grants = aws.client("lakeformation", credentials).list_permissions()["PrincipalResourcePermissions"]
    (grant,) = [one for one in grants if one["Principal"] == {"DataLakePrincipalIdentifier": aws.account}]
    assert grant["Resource"] == {"Database": {"CatalogId": OWNER, "Name": "sales"}}


def test_a_reset_stops_all_sharing(aws, glue, owner):
    aws.share_database(OWNER, "sales")
    aws.reset()
    assert names(glue, ResourceShareType="FOREIGN") == []
