"""Lake Formation decides about calls of the Glue catalog as AWS does."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from test.emulator.athena_client import AthenaClient

EVERYONE = "IAM_ALLOWED_PRINCIPALS"
BUCKET = "arn:aws:s3:::shop-lake"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALL_TABLES = {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}
SALES = {"Database": {"Name": "sales"}}


def trust(service):
    statement = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(aws):
    """`role(name)`: a role that IAM allows everything; returns its ARN."""

    def role(name):
        iam = aws.client("iam")
        account = {"AWS": f"arn:aws:iam::{aws.account}:root"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(account))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
        return arn

    return role


@pytest.fixture
def settings(aws):
    """`settings(admins=…, everyone=…)`: administrators, and whether new databases are granted to everyone."""

    def settings(admins=(), everyone=False):
        default = [{"Principal": {"DataLakePrincipalIdentifier": EVERYONE}, "Permissions": ["ALL"]}] if everyone else []
        aws.client("lakeformation").put_data_lake_settings(
            DataLakeSettings={
                "DataLakeAdmins": [{"DataLakePrincipalIdentifier": arn} for arn in admins],
                "CreateDatabaseDefaultPermissions": default,
                "CreateTableDefaultPermissions": default,
            }
        )

    return settings


@pytest.fixture
def registered(aws):
    """`registered(hybrid=False)`: registers the bucket shop-lake."""

    def registered(hybrid=False):
        service = {"Service": "lakeformation.amazonaws.com"}
        reader = aws.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=trust(service))["Role"][
            "Arn"
        ]
        aws.client("lakeformation").register_resource(ResourceArn=BUCKET, RoleArn=reader, HybridAccessEnabled=hybrid)

    return registered


@pytest.fixture
def lake(aws, settings):
    """A database with a table, which Lake Formation governs."""
    settings()
    create_lake(aws)


def create_lake(aws):
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "sales", "LocationUri": "s3://shop-lake/sales"})
    create_table(glue)


def create_table(glue, name="orders", location="s3://shop-lake/sales/orders"):
    glue.create_table(DatabaseName="sales", TableInput={"Name": name, "StorageDescriptor": {"Location": location}})


def grant(aws, arn, resource, *permissions, **named):
    principal = {"DataLakePrincipalIdentifier": arn}
    client = aws.client("lakeformation", named.pop("credentials", None))
    client.grant_permissions(Principal=principal, Resource=resource, Permissions=permissions, **named)


@pytest.fixture
def glue_as(aws):
    """`glue_as(arn)`: a client of a role, with IAM enforced."""

    def glue_as(arn):
        aws.enforce_iam()
        return aws.client("glue", aws.assume_role(arn))

    return glue_as


def denied(permission):
    return pytest.raises(ClientError, match=rf"AccessDenied.*Insufficient Lake Formation.*: Required {permission}$")


@pytest.mark.parametrize(
    ("permission", "required", "call"),
    [
        ("DESCRIBE", "Describe", lambda glue: glue.get_table(DatabaseName="sales", Name="orders")),
        ("ALTER", "Alter", lambda glue: glue.update_table(DatabaseName="sales", TableInput={"Name": "orders"})),
        ("DROP", "Drop", lambda glue: glue.delete_table(DatabaseName="sales", Name="orders")),
    ],
)
@pytest.mark.parametrize("resource", [{"Table": {"DatabaseName": "sales", "Name": "orders"}}, ALL_TABLES])
def test_a_call_on_a_table_requires_its_permission(aws, lake, role, glue_as, permission, required, call, resource):
    analyst = role("analyst")
    with denied(f"{required} on orders"):
        call(glue_as(analyst))
    grant(aws, analyst, resource, permission)
    call(glue_as(analyst))


@pytest.mark.parametrize(
    ("permission", "required", "call"),
    [
        ("DESCRIBE", "Describe", lambda glue: glue.get_database(Name="sales")),
        ("ALTER", "Alter", lambda glue: glue.update_database(Name="sales", DatabaseInput={"Name": "sales"})),
        ("DROP", "Drop", lambda glue: glue.delete_database(Name="sales")),
        ("CREATE_TABLE", "Create Table", lambda glue: create_table(glue, "refunds")),
    ],
)
def test_a_call_on_a_database_requires_its_permission(aws, lake, role, glue_as, permission, required, call):
    analyst = role("analyst")
    with denied(f"{required} on sales"):
        call(glue_as(analyst))
    grant(aws, analyst, SALES, permission)
    call(glue_as(analyst))


def test_select_on_all_tables_lets_a_principal_describe_them_and_their_database(aws, lake, role, glue_as):
    analyst = role("analyst")
    grant(aws, analyst, ALL_TABLES, "SELECT")
    glue = glue_as(analyst)
    assert glue.get_database(Name="sales")["Database"]["Name"] == "sales"
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Name"] == "orders"
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_table(DatabaseName="sales", Name="unknown")


def test_lists_contain_only_what_the_caller_may_describe(aws, lake, role, glue_as):
    analyst = role("analyst")
    create_table(aws.client("glue"), "refunds")
    aws.client("glue").create_database(DatabaseInput={"Name": "billing"})
    grant(aws, analyst, {"Table": {"DatabaseName": "sales", "Name": "refunds"}}, "SELECT")
    grant(aws, analyst, SALES, "DESCRIBE")
    glue = glue_as(analyst)
    assert [table["Name"] for table in glue.get_tables(DatabaseName="sales")["TableList"]] == ["refunds"]
    assert [database["Name"] for database in glue.get_databases()["DatabaseList"]] == ["sales"]


def test_the_default_of_the_account_leaves_decisions_to_iam(aws, settings, role, glue_as):
    settings(everyone=True)
    create_lake(aws)
    glue = glue_as(role("analyst"))
    glue.delete_table(DatabaseName="sales", Name="orders")
    glue.delete_database(Name="sales")


def test_a_new_account_leaves_decisions_to_iam(aws, role, glue_as):
    glue = glue_as(role("analyst"))
    create_lake(aws)
    glue.create_database(DatabaseInput={"Name": "billing"})
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Name"] == "orders"


def test_the_default_for_new_tables_is_that_of_their_database(aws, settings, role, glue_as):
    settings(everyone=True)
    aws.client("glue").create_database(DatabaseInput={"Name": "sales", "CreateTableDefaultPermissions": []})
    create_table(aws.client("glue"))
    with denied("Describe on orders"):
        glue_as(role("analyst")).get_table(DatabaseName="sales", Name="orders")


def test_a_creator_holds_all_permissions_and_may_grant_them(aws, settings, role, glue_as):
    settings()
    engineer, analyst = role("engineer"), role("analyst")
    glue = glue_as(engineer)
    glue.create_database(DatabaseInput={"Name": "sales"})
    create_table(glue)
    orders = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
    grant(aws, analyst, orders, "SELECT", credentials=aws.assume_role(engineer))
    glue_as(analyst).get_table(DatabaseName="sales", Name="orders")
    glue.delete_table(DatabaseName="sales", Name="orders")
    glue.delete_database(Name="sales")


def test_a_creator_of_a_database_holds_no_permissions_on_tables_of_others(aws, settings, role, glue_as):
    settings()
    engineer = role("engineer")
    glue = glue_as(engineer)
    glue.create_database(DatabaseInput={"Name": "sales"})
    create_table(aws.client("glue"))
    with denied("Describe on orders"):
        glue.get_table(DatabaseName="sales", Name="orders")
    with pytest.raises(ClientError, match="is not authorized to access requested permissions"):
        grant(aws, engineer, ALL_TABLES, "SELECT", credentials=aws.assume_role(engineer))


def test_an_administrator_describes_and_grants_everything_but_drops_nothing(aws, settings, role, glue_as):
    admin, analyst = role("admin"), role("analyst")
    settings(admins=[admin])
    create_lake(aws)
    glue = glue_as(admin)
    glue.get_table(DatabaseName="sales", Name="orders")
    with denied("Drop on orders"):
        glue.delete_table(DatabaseName="sales", Name="orders")
    with denied("Drop on sales"):
        glue.delete_database(Name="sales")
    grant(aws, analyst, ALL_TABLES, "SELECT", credentials=aws.assume_role(admin))
    glue_as(analyst).get_table(DatabaseName="sales", Name="orders")


def test_creating_a_database_requires_a_permission_on_the_catalog(aws, settings, role, glue_as):
    admin, engineer = role("admin"), role("engineer")
    settings(admins=[admin])
    everyone = {"DataLakePrincipalIdentifier": EVERYONE}
    aws.client("lakeformation").revoke_permissions(
        Principal=everyone, Resource={"Catalog": {}}, Permissions=["CREATE_DATABASE"]
    )
    with denied("Create Database on Catalog"):
        glue_as(engineer).create_database(DatabaseInput={"Name": "sales"})
    glue_as(admin).create_database(DatabaseInput={"Name": "sales"})
    grant(aws, engineer, {"Catalog": {}}, "CREATE_DATABASE")
    glue_as(engineer).create_database(DatabaseInput={"Name": "billing"})


def test_grants_need_grant_options_of_the_grantor(aws, lake, role, glue_as):
    steward, analyst = role("steward"), role("analyst")
    grant(aws, steward, ALL_TABLES, "SELECT", "DESCRIBE", PermissionsWithGrantOption=["SELECT"])
    aws.enforce_iam()
    credentials = aws.assume_role(steward)
    grant(aws, analyst, {"Table": {"DatabaseName": "sales", "Name": "orders"}}, "SELECT", credentials=credentials)
    with pytest.raises(ClientError, match="is not authorized to access requested permissions"):
        grant(aws, analyst, ALL_TABLES, "DESCRIBE", credentials=credentials)


def test_a_registered_location_requires_data_location_permissions(aws, lake, registered, role, glue_as):
    registered()
    engineer = role("engineer")
    grant(aws, engineer, SALES, "CREATE_TABLE")
    create_table(glue_as(engineer), "refunds", "s3://shop-lake/sales/refunds")
    with pytest.raises(ClientError, match=r"Insufficient Lake Formation permission\(s\) on s3://shop-lake/elsewhere"):
        create_table(glue_as(engineer), "returns", "s3://shop-lake/elsewhere")
    grant(aws, engineer, {"DataLocation": {"ResourceArn": BUCKET}}, "DATA_LOCATION_ACCESS")
    create_table(glue_as(engineer), "returns", "s3://shop-lake/elsewhere")


def test_a_location_that_is_not_registered_requires_no_data_location_permissions(aws, lake, role, glue_as):
    engineer = role("engineer")
    grant(aws, engineer, SALES, "CREATE_TABLE")
    create_table(glue_as(engineer), "returns", "s3://shop-lake/elsewhere")


def test_opted_in_principals_need_grants_in_hybrid_access_mode(aws, settings, registered, role, glue_as):
    settings(everyone=True)
    create_lake(aws)
    registered(hybrid=True)
    analyst, other = role("analyst"), role("other")
    principal = {"DataLakePrincipalIdentifier": analyst}
    aws.client("lakeformation").create_lake_formation_opt_in(Principal=principal, Resource=SALES)
    glue_as(other).get_table(DatabaseName="sales", Name="orders")
    with denied("Describe on orders"):
        glue_as(analyst).get_table(DatabaseName="sales", Name="orders")
    aws.client("lakeformation").delete_lake_formation_opt_in(Principal=principal, Resource=SALES)
    glue_as(analyst).get_table(DatabaseName="sales", Name="orders")


def test_grants_end_with_their_table(aws, lake, role, glue_as):
    analyst = role("analyst")
    grant(aws, analyst, {"Table": {"DatabaseName": "sales", "Name": "orders"}}, "SELECT")
    aws.client("glue").delete_table(DatabaseName="sales", Name="orders")
    create_table(aws.client("glue"))
    with denied("Describe on orders"):
        glue_as(analyst).get_table(DatabaseName="sales", Name="orders")


@pytest.fixture
def query(aws):
    """`query(arn, sql)`: runs a query as a role, with IAM enforced; returns its state, reason and rows."""
    aws.client("athena").create_work_group(
        Name="analysts", Configuration={"ResultConfiguration": {"OutputLocation": "s3://shop-results/"}}
    )

    def query(arn, sql):
        aws.enforce_iam()
        return AthenaClient(aws, "analysts", aws.assume_role(arn)).run(sql)

    return query


@pytest.fixture
def stored(aws, settings):
    """A table with data at a registered location, which the role `reader` may read."""
    settings()
    for bucket in ("shop-lake", "shop-results"):
        region = {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
    aws.client("athena").create_work_group(
        Name="loader", Configuration={"ResultConfiguration": {"OutputLocation": "s3://shop-results/"}}
    )
    aws.client("glue").create_database(DatabaseInput={"Name": "sales", "LocationUri": "s3://shop-lake/sales"})
    storage = "format = 'PARQUET', external_location = 's3://shop-lake/sales/orders/'"
    created = AthenaClient(aws, "loader").run(
        f"CREATE TABLE sales.orders WITH ({storage}) AS SELECT 1 AS id, 'ada' AS customer"
    )
    assert created.state == "SUCCEEDED", created.reason


@pytest.fixture
def consumer(aws, role):
    """A role whose only permissions on S3 are those on query results."""
    arn = role("consumer")
    allowed = [
        {"Effect": "Allow", "Action": ["athena:*", "glue:Get*", "lakeformation:GetDataAccess"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::shop-results", "arn:aws:s3:::shop-results/*"]},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    aws.client("iam").put_role_policy(RoleName="consumer", PolicyName="all", PolicyDocument=document)
    return arn


ORDERS = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
READ = {"Effect": "Allow", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}


def let_reader_read(aws):
    document = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
    aws.client("iam").put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=document)


def test_athena_reads_registered_locations_with_the_registered_role(aws, stored, registered, consumer, query):
    registered()
    let_reader_read(aws)
    grant(aws, consumer, ORDERS, "DESCRIBE")
    denied = query(consumer, "SELECT * FROM sales.orders")
    assert "Insufficient Lake Formation permission(s): Required Select on orders" in denied.reason
    grant(aws, consumer, ORDERS, "SELECT")
    assert query(consumer, "SELECT * FROM sales.orders").rows == [("1", "ada")]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", aws.assume_role(consumer)).list_objects_v2(Bucket="shop-lake")


def test_athena_needs_get_data_access_of_the_caller(aws, stored, registered, consumer, query):
    registered()
    let_reader_read(aws)
    grant(aws, consumer, ORDERS, "SELECT")
    document = json.dumps({**ALLOW_ALL, "Statement": [{**READ, "Action": ["athena:*", "glue:*"], "Resource": "*"}]})
    aws.client("iam").put_role_policy(RoleName="consumer", PolicyName="all", PolicyDocument=document)
    assert "lakeformation:GetDataAccess" in query(consumer, "SELECT * FROM sales.orders").reason


def test_athena_needs_s3_permissions_of_the_caller_for_other_locations(aws, stored, consumer, query):
    grant(aws, consumer, ORDERS, "SELECT")
    assert "PERMISSION_DENIED" in query(consumer, "SELECT * FROM sales.orders").reason


def test_athena_reads_only_granted_columns(aws, stored, registered, consumer, query):
    registered()
    let_reader_read(aws)
    columns = {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnNames": ["id"]}}
    grant(aws, consumer, columns, "SELECT")
    grant(aws, consumer, ORDERS, "DESCRIBE")
    assert query(consumer, "SELECT * FROM sales.orders").rows == [("1",)]
    assert "customer" in query(consumer, "SELECT customer FROM sales.orders").reason
