"""Redshift's Data API: transactions, COPY, limits and permissions."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from test.emulator import Emulator

_BUCKET = "staged"


class Redshift:
    """A client of a workgroup named `analytics`."""

    def __init__(self, aws: Emulator, roles: list[str]) -> None:
        self.aws = aws
        self.arn = aws.control("add_redshift", name="analytics", roles=roles)
        self.client = aws.client("redshift-data")

    def run(self, *statements: str, **arguments: Any) -> dict[str, Any]:
        """Runs a statement, or several in a transaction; returns its description when it has ended."""
        return self.ended(self.start(*statements, **arguments))

    def start(self, *statements: str, **arguments: Any) -> str:
        given = {"Database": "dev", "WorkgroupName": "analytics"} | arguments
        if len(statements) == 1:
            return str(self.client.execute_statement(Sql=statements[0], **given)["Id"])
        return str(self.client.batch_execute_statement(Sqls=list(statements), **given)["Id"])

    def ended(self, statement_id: str) -> dict[str, Any]:
        self.aws.control("ended_redshift", statement_id=statement_id)
        return dict(self.client.describe_statement(Id=statement_id))

    def rows(self, sql: str) -> list[list[str | None]]:
        return list(self.aws.control("redshift_rows", name="analytics", sql=sql))


@pytest.fixture
def redshift(aws: Emulator) -> Redshift:
    """A workgroup with a role that reads the bucket `staged`, and the table `t (id BIGINT NOT NULL, v VARCHAR(3))`."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for name in ("copier", "other"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    read = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": f"arn:aws:s3:::{_BUCKET}*"}
    iam.put_role_policy(RoleName="copier", PolicyName="read", PolicyDocument=_policy(read))
    aws.client("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    created = Redshift(aws, [f"arn:aws:iam::{aws.account}:role/copier"])
    assert created.run("CREATE TABLE t (id BIGINT NOT NULL, v VARCHAR(3))")["Status"] == "FINISHED"
    return created


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _stage(aws: Emulator, rows: pa.Table, size: int | None = None) -> str:
    """Stages a file and its manifest; returns the location of the manifest."""
    sink, s3 = io.BytesIO(), aws.client("s3")
    pq.write_table(rows, sink)
    meta = {"meta": {"content_length": len(sink.getvalue())}} if size is None else {"meta": {"content_length": size}}
    entry = {"url": f"s3://{_BUCKET}/rows.parquet", "mandatory": True, **(meta if size != 0 else {})}
    s3.put_object(Bucket=_BUCKET, Key="rows.parquet", Body=sink.getvalue())
    s3.put_object(Bucket=_BUCKET, Key="rows.manifest", Body=json.dumps({"entries": [entry]}).encode())
    return f"s3://{_BUCKET}/rows.manifest"


def test_a_batch_is_one_transaction(redshift):
    failed = redshift.run("INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (NULL, 'b')", "SELECT 1")
    assert failed["Status"] == "FAILED"
    assert failed["Error"] == "ERROR: Cannot insert a NULL value into column id"
    assert [part["Status"] for part in failed["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert redshift.rows("SELECT * FROM public.t") == []
    done = redshift.run("INSERT INTO t VALUES (1, 'a')", "SELECT id, v, NULL FROM t")
    result = redshift.client.get_statement_result(Id=done["SubStatements"][1]["Id"])
    assert result["Records"] == [[{"longValue": 1}, {"stringValue": "a"}, {"isNull": True}]]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        redshift.client.get_statement_result(Id=done["SubStatements"][0]["Id"])


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["INSERT INTO t VALUES (1, 'ééé')"], "Value too long for type character varying(3)"),
        (["ALTER TABLE t ALTER COLUMN v TYPE VARCHAR(9)", "SELECT 1"], "cannot run inside a transaction block"),
        (["ALTER TABLE t ALTER COLUMN v TYPE VARCHAR(2)"], "cannot alter type of column"),
        (["LOCK t"], "LOCK TABLE may only be used in transaction blocks"),
        (["CREATE TABLE u (a VARCHAR(65536))"], "length for type varchar cannot exceed 65535"),
        (["CREATE TABLE u (a DECIMAL(38, 38))"], "DECIMAL precision 38"),
        (["CREATE TABLE u (a UUID)"], "unsupported type"),
        (["SELECT * FROM missing"], 'relation "missing" does not exist'),
        (["GRANT SELECT ON t TO ana"], 'syntax error at or near "GRANT"'),
        (["MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE"], "source must be a table"),
        (
            [
                "CREATE TEMP TABLE s (id BIGINT)",
                "INSERT INTO s VALUES (1), (1)",
                "INSERT INTO t VALUES (1, 'a')",
                "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'b' "
                "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            ],
            "Found multiple matches to update the same tuple.",
        ),
    ],
)
def test_redshift_rejects(redshift, statements, message):
    failed = redshift.run(*statements)
    assert failed["Status"] == "FAILED"
    assert message in failed["Error"]


def test_truncate_commits_the_transaction(redshift):
    redshift.run("INSERT INTO t VALUES (1, 'a')")
    assert redshift.run("TRUNCATE t", "SELECT * FROM missing")["Status"] == "FAILED"
    assert redshift.rows("SELECT * FROM public.t") == []


def test_invalid_requests_are_refused(redshift):
    for arguments, message in [
        ({"WorkgroupName": "missing"}, "Redshift endpoint doesn't exist in this region"),
        ({"Database": "prod"}, 'database "prod" does not exist'),
    ]:
        with pytest.raises(ClientError, match=message):
            redshift.start("SELECT 1", **arguments)
    with pytest.raises(ClientError, match="length less than or equal to 40"):
        redshift.start(*["SELECT 1"] * 41)
    with pytest.raises(ClientError, match="100 KB"):
        redshift.start(f"SELECT '{'a' * 100_000}'")


def test_a_repeated_token_returns_the_first_execution(redshift):
    first = redshift.start("INSERT INTO t VALUES (1, 'a')", ClientToken="one")
    assert redshift.start("INSERT INTO t VALUES (1, 'a')", ClientToken="one") == first
    redshift.ended(first)
    assert redshift.rows("SELECT * FROM public.t") == [["1", "a"]]


def test_a_cancelled_execution_is_rolled_back(redshift):
    redshift.aws.control("hold_redshift", containing="COMMIT")
    started = redshift.start("INSERT INTO t VALUES (1, 'a')", "SELECT 1")
    redshift.aws.control("held_redshift")
    assert redshift.client.cancel_statement(Id=started)["Status"] is True
    assert redshift.ended(started)["Status"] == "ABORTED"
    assert redshift.rows("SELECT * FROM public.t") == []
    with pytest.raises(ClientError, match="already in ABORTED state"):
        redshift.client.cancel_statement(Id=started)


def test_a_locked_table_is_read_after_the_commit(redshift):
    redshift.aws.control("hold_redshift", containing="COMMIT")
    writer = redshift.start("LOCK t", "INSERT INTO t VALUES (1, 'a')")
    redshift.aws.control("held_redshift")
    redshift.aws.control("hold_redshift", containing=None)
    reader = redshift.start("SELECT id FROM t")
    assert redshift.client.describe_statement(Id=reader)["Status"] in ("SUBMITTED", "STARTED")
    redshift.aws.control("release_redshift")
    redshift.ended(writer), redshift.ended(reader)
    assert redshift.client.get_statement_result(Id=reader)["Records"] == [[{"longValue": 1}]]


def test_copy_loads_the_files_of_a_manifest_by_position(redshift):
    manifest = _stage(redshift.aws, pa.table({"other": pa.array([1], pa.int64()), "names": ["a"]}))
    assert redshift.run(f"COPY t FROM '{manifest}' IAM_ROLE default FORMAT AS PARQUET MANIFEST")["Status"] == "FINISHED"
    assert redshift.rows("SELECT * FROM public.t") == [["1", "a"]]


@pytest.mark.parametrize(
    ("columns", "size", "role", "options", "message"),
    [
        ({"id": [1]}, None, "copier", "", "Number of columns in parquet file does not match"),
        ({"id": ["1"], "v": ["a"]}, None, "copier", "", "incompatible Parquet schema for column 'id'"),
        ({"id": [1], "v": ["abcd"]}, None, "copier", "", "Value too long for type character varying(3)"),
        ({"id": [1], "v": ["a"]}, 0, "copier", "", "requires meta.content_length"),
        ({"id": [1], "v": ["a"]}, 7, "copier", "", "differs from the manifest"),
        (
            {"id": [1], "v": ["a"]},
            None,
            "copier",
            " REGION 'eu-west-1'",
            "REGION argument is not supported for PARQUET",
        ),
        ({"id": [1], "v": ["a"]}, None, "other", "", "is not authorized to assume IAM Role"),
    ],
)
def test_copy_rejects(redshift, columns, size, role, options, message):
    manifest = _stage(redshift.aws, pa.table(columns), size)
    arn = f"arn:aws:iam::{redshift.aws.account}:role/{role}"
    failed = redshift.run(f"COPY t FROM '{manifest}' IAM_ROLE '{arn}' FORMAT AS PARQUET MANIFEST{options}")
    assert failed["Status"] == "FAILED"
    assert message in failed["Error"]


def test_callers_need_permission_to_sign_in_and_see_their_own_statements(redshift):
    aws, iam = redshift.aws, redshift.aws.client("iam")
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}, "Action": "sts:AssumeRole"}
    start = {"Effect": "Allow", "Action": "redshift-data:ExecuteStatement", "Resource": redshift.arn}
    own = {
        "Effect": "Allow",
        "Action": "redshift-data:DescribeStatement",
        "Resource": "*",
        "Condition": {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
    }
    sign_in = {"Effect": "Allow", "Action": "redshift-serverless:GetCredentials", "Resource": redshift.arn}
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=_policy(root))
    iam.put_role_policy(RoleName="task", PolicyName="may", PolicyDocument=_policy(start, own))
    aws.enforce_iam()
    of_root = redshift.start("SELECT 1")
    redshift.client = aws.client("redshift-data", aws.assume_role(f"arn:aws:iam::{aws.account}:role/task"))
    with pytest.raises(ClientError, match="redshift-serverless:GetCredentials"):
        redshift.start("SELECT 1")
    iam.put_role_policy(RoleName="task", PolicyName="may", PolicyDocument=_policy(start, own, sign_in))
    assert redshift.run("SELECT 1")["Status"] == "FINISHED"
    with pytest.raises(ClientError, match="redshift-data:DescribeStatement"):
        redshift.client.describe_statement(Id=of_root)
