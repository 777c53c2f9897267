"""The output and the exit code of each command on AWS."""

from __future__ import annotations

import json
import re

import pytest

from test.aws.conftest import ENVIRONMENT, ORDERS, ROWS

ROLE = "arn:aws:iam::123456789012:role/"
OWNER = "210987654321"


@pytest.fixture
def filled(program):
    """The command line, with three rows in sales.orders, and a role that may have grants on it."""
    program.aws.client("iam").create_role(RoleName="loader", AssumeRolePolicyDocument="{}")
    ended = program.ingest()
    assert ended.exit_code == 0, ended.output
    return program


@pytest.fixture
def versioned(filled):
    """The command line, with versioning enabled for the data bucket."""
    status = {"Status": "Enabled"}
    filled.aws.client("s3").put_bucket_versioning(Bucket=ENVIRONMENT.data_bucket, VersioningConfiguration=status)
    return filled


def grant(program, principal, *permissions):
    program.aws.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal},
        Resource={"Table": {"DatabaseName": "dev_sales", "Name": "orders"}},
        Permissions=permissions,
    )


def grants(program):
    listed = program.aws.client("lakeformation").list_permissions(ResourceType="TABLE")
    return listed["PrincipalResourcePermissions"]


def principals(program):
    return {each["Principal"]["DataLakePrincipalIdentifier"] for each in grants(program)}


def keys(program):
    listed = program.aws.client("s3").list_objects_v2(Bucket=ENVIRONMENT.data_bucket)
    return [entry["Key"] for entry in listed.get("Contents", ())]


def rows(program):
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    return table["rows"]


def test_files_in_a_bucket_are_ingested(program):
    program.aws.client("s3").put_object(Bucket=ENVIRONMENT.technical_bucket, Key="in/orders.csv", Body=ROWS.encode())
    path = f"s3://{ENVIRONMENT.technical_bucket}/in/*.csv"
    code, out, err = program.ended("ingest", *ORDERS, "--input-file-path", path, "--ingestion-mode", "append")
    assert code == 0, err
    assert out.startswith("dev_sales.orders: append")
    assert err == ""
    assert rows(program) == 3


def test_a_query_prints_its_rows_and_its_cost(filled):
    code, out, err = filled.ended("query", "SELECT id, city FROM dev_sales.orders ORDER BY id", "--format", "csv")
    assert (code, out) == (0, "id,city\n1,Lyon\n2,\n3,Nîmes\n")
    assert re.fullmatch(r"\[\d+\.\d s, \d+ bytes scanned, about \$0\.0001\]\n", err)


def test_an_environment_without_visible_tables_is_named(program):
    listed = program.run("list_tables")
    assert listed.exit_code == 0
    assert f"No tables in environment '{ENVIRONMENT.name}'. Check project, domain, stage" in listed.stderr


def test_tables_are_listed(filled):
    listed = filled.run("list_tables")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert "dev_sales.orders" in listed.stdout


def test_a_table_is_described(filled):
    described = filled.run("describe_table", *ORDERS)
    assert (described.exit_code, described.stderr) == (0, "")
    assert f"s3://{ENVIRONMENT.data_bucket}/sales/orders" in described.stdout
    assert "city" in described.stdout


def test_a_table_is_maintained(filled):
    filled.ingest("id,city\n4,Brest\n")
    maintained = filled.run("maintain_table", *ORDERS, "--force")
    assert (maintained.exit_code, maintained.stderr) == (0, "")
    assert "2 compacted into 1" in maintained.stdout
    assert rows(filled) == 4


def test_a_deleted_table_leaves_no_files_and_no_grants(filled):
    filled.aws.client("iam").create_role(RoleName="analyst", AssumeRolePolicyDocument="{}")
    grant(filled, f"{ROLE}analyst", "SELECT", "DESCRIBE")
    grant(filled, f"{ROLE}loader", "INSERT")
    deleted = filled.run("delete_table", *ORDERS, "--yes")
    assert (deleted.exit_code, deleted.stderr) == (0, "")
    assert deleted.stdout.splitlines()[0].startswith("dev_sales.orders: deleted 3 rows, ")
    assert deleted.stdout.splitlines()[1:] == ["revoked the grants of 2 principals"]
    assert keys(filled) == []
    assert grants(filled) == []


def test_deleting_a_table_in_a_versioned_bucket_reports_the_remaining_versions(versioned):
    out = versioned.run("delete_table", *ORDERS, "--yes").stdout
    assert f"old versions of the files remain under s3://{ENVIRONMENT.data_bucket}/sales/orders/ " in out
    assert keys(versioned) == []


@pytest.mark.parametrize("action", ["lakeformation:RevokePermissions", "glue:DeleteTable"])
def test_a_partly_failed_deletion_can_be_repeated_and_leaves_no_orphaned_grants(filled, action):
    grant(filled, f"{ROLE}loader", "SELECT")
    filled.aws.fail_next(action, "ValidationException", times=1)
    assert filled.run("delete_table", *ORDERS, "--yes").exit_code == 1
    assert rows(filled) == 3
    assert filled.run("delete_table", *ORDERS, "--yes").exit_code == 0
    assert grants(filled) == []
    assert keys(filled) == []


def test_grants_that_let_the_caller_drop_the_table_are_revoked_last(filled, role):
    caller = role(["glue:*", "s3:*", "lakeformation:*"])
    admins = [{"DataLakePrincipalIdentifier": f"{ROLE}analyst"}]
    filled.aws.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": admins})
    grant(filled, f"{ROLE}analyst", "DROP", "SELECT")
    grant(filled, f"{ROLE}loader", "INSERT")
    filled.aws.fail_next("glue:DeleteTable", "ValidationException", times=1)
    assert filled.run("delete_table", *ORDERS, "--yes", **caller).exit_code == 1
    assert principals(filled) == {f"{ROLE}analyst", "IAM_ALLOWED_PRINCIPALS"}
    assert filled.run("delete_table", *ORDERS, "--yes", **caller).exit_code == 0
    assert grants(filled) == []


def test_shared_databases_are_linked_and_orphaned_links_deleted(program):
    program.aws.share_database(OWNER, "dev_crm")
    program.aws.share_database(OWNER, "dev_sales")
    linked = program.run("update_foreign_linked_databases")
    assert linked.exit_code == 0
    assert "dev_crm" in linked.stdout
    assert f"Skipped: 'dev_sales' of account {OWNER}: 'dev_sales' is a local database" in linked.stderr
    link = program.aws.client("glue").get_database(Name="dev_crm")["Database"]
    assert link["TargetDatabase"] == {"CatalogId": OWNER, "DatabaseName": "dev_crm"}
    again = json.loads(program.run("update_foreign_linked_databases", "--json").stdout)
    assert (again["created"], again["deleted"], len(again["kept"])) == ([], [], 1)
    program.aws.unshare_database(OWNER, "dev_crm")
    changes = json.loads(program.run("update_foreign_linked_databases", "--json").stdout)
    assert changes["deleted"] == [{"name": "dev_crm", "owner": OWNER, "database": "dev_crm"}]
    assert databases(program) == ["dev_sales"]


def test_a_dry_run_shows_what_would_change_and_changes_nothing(program):
    link = {"Name": "gone", "TargetDatabase": {"CatalogId": OWNER, "DatabaseName": "gone"}}
    program.aws.client("glue").create_database(DatabaseInput=link)
    program.aws.share_database(OWNER, "dev_crm")
    shown = program.run("update_foreign_linked_databases", "--dry-run").stdout
    assert "would be created" in shown
    assert "would be deleted" in shown
    assert databases(program) == ["dev_sales", "gone"]


def test_links_within_the_account_and_to_other_regions_are_kept(program):
    glue = program.aws.client("glue")
    own = {"CatalogId": program.aws.account, "DatabaseName": "dev_sales"}
    far = {"CatalogId": OWNER, "DatabaseName": "far", "Region": "us-east-1"}
    for name, target in {"own": own, "far": far}.items():
        glue.create_database(DatabaseInput={"Name": name, "TargetDatabase": target})
    changes = json.loads(program.run("update_foreign_linked_databases", "--json").stdout)
    assert changes == {"created": [], "deleted": [], "skipped": [], "kept": []}


def test_tables_of_a_linked_database_can_be_read(program):
    owner = program.aws.client("glue", program.aws.assume_role(f"arn:aws:iam::{OWNER}:role/owner"))
    program.ingest()
    table = program.aws.client("glue").get_table(DatabaseName="dev_sales", Name="orders")["Table"]
    fields = ("Name", "StorageDescriptor", "TableType", "Parameters")
    owner.create_database(DatabaseInput={"Name": "dev_crm"})
    owner.create_table(DatabaseName="dev_crm", TableInput={field: table[field] for field in fields})
    program.aws.share_database(OWNER, "dev_crm")
    assert program.run("update_foreign_linked_databases").exit_code == 0
    described = program.run("describe_table", "--database-name", "crm", "--table-name", "orders", "--json")
    assert json.loads(described.stdout)["rows"] == 3


def databases(program):
    return sorted(found["Name"] for found in program.aws.client("glue").get_databases()["DatabaseList"])


def test_a_database_without_tables_has_an_empty_list(program):
    ended = program.run("list_tables", "--database-name", "sales", "--json")
    assert (ended.exit_code, ended.stdout) == (0, "[]\n"), ended.stderr
