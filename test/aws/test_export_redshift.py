"""`datalake_sdk export_redshift` on the emulator, whose Data API has a real database behind it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from datalake_sdk.errors import RedshiftConflictError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.export_redshift import export_redshift
from datalake_sdk.redshift.database import RedshiftDatabase
from test.aws.conftest import ORDERS, Program
from test.behavior.lake import Lake

_ROLE = "redshift_copy"


class Warehouse:
    """A workgroup, and the command that exports sales.orders to it."""

    def __init__(self, program: Program, role: str, arn: str) -> None:
        self.program = program
        self.aws = program.aws
        self.lake = Lake()
        self.role = role
        self.arn = arn
        self.options = ["export_redshift", *ORDERS, "--workgroup", "analytics", "--copy-role-arn", role]

    def export(self, *options: str) -> dict[str, Any]:
        """Exports the table; returns the outcome without its duration."""
        result = self.program.run(*self.options, *options, "--json")
        assert result.exit_code == 0, result.stderr
        outcome: dict[str, Any] = json.loads(result.stdout)
        del outcome["seconds"]
        return outcome

    def snapshot(self) -> int:
        """Id of the current snapshot of the table."""
        return int(self.lake.iceberg().current_snapshot().snapshot_id)

    def copied_again(self) -> list[list[str | None]]:
        """Rows of a new copy."""
        self.export("--target", "orders_again")
        return self.rows("SELECT * FROM public.orders_again ORDER BY id")

    def executions(self) -> dict[str, str]:
        """States of all executions, by id."""
        return {each["id"]: each["status"] for each in self.aws.control("redshift_executions")}

    def rows(self, sql: str) -> list[list[str | None]]:
        """Rows of a query in the database."""
        rows: list[list[str | None]] = self.program.aws.control("redshift_rows", name="analytics", sql=sql)
        return rows

    def copy(self) -> list[list[str | None]]:
        """Rows of the copy."""
        return self.rows("SELECT * FROM public.orders ORDER BY id")

    def staged_files(self) -> int:
        """Number of staged files that were not removed."""
        s3 = self.program.aws.client("s3")
        return int(s3.list_objects_v2(Bucket="shop-sales-dev-technical", Prefix="redshift/")["KeyCount"])


@pytest.fixture
def warehouse(program: Program, copy_role: Callable[[str], str]) -> Warehouse:
    """A workgroup with a role that reads staged files, and the table sales.orders with three rows."""
    role = copy_role("redshift/*")
    arn = program.aws.control("add_redshift", name="analytics", roles=[role])
    assert program.ingest().exit_code == 0
    return Warehouse(program, role, arn)


@pytest.fixture
def copy_role(program: Program) -> Callable[[str], str]:
    """`copy_role("redshift/*")` creates a role of Redshift that reads only these objects; returns its ARN."""

    def create(prefix: str) -> str:
        iam = program.aws.client("iam")
        bucket = "arn:aws:s3:::shop-sales-dev-technical"
        trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
        read = [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/{prefix}"},
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": prefix}},
            },
        ]
        iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy(trust))
        iam.put_role_policy(RoleName=_ROLE, PolicyName="read", PolicyDocument=_policy(*read))
        return f"arn:aws:iam::{program.aws.account}:role/{_ROLE}"

    return create


@pytest.fixture
def role(program: Program) -> Callable[..., dict[str, str]]:
    """`role((actions, resources, condition), …)` returns variables of a role with only these permissions."""

    def create(*statements: tuple[list[str], list[str], dict[str, Any]]) -> dict[str, str]:
        iam, account = program.aws.client("iam"), program.aws.account
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        granted = [
            {"Effect": "Allow", "Action": actions, "Resource": resources, **({"Condition": when} if when else {})}
            for actions, resources, when in statements
        ]
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=_policy(trust))
        iam.put_role_policy(RoleName="task", PolicyName="task", PolicyDocument=_policy(*granted))
        program.aws.enforce_iam()
        credentials = program.aws.assume_role(f"arn:aws:iam::{account}:role/task")
        return {name.upper(): value for name, value in credentials.items()}

    return create


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_snapshot_is_copied_once(warehouse):
    first = warehouse.export()
    outcome = {"table": "dev_sales.orders", "target": "public.orders", "snapshot_id": warehouse.snapshot()}
    assert first == {**outcome, "mode": "full", "rows": 3, "deleted_keys": 0, "reason": ""}
    assert warehouse.export() == {
        **first,
        "mode": "none",
        "rows": 0,
        "reason": "the copy already contains the snapshot",
    }
    assert warehouse.copy() == [["1", "Lyon"], ["2", None], ["3", "Nîmes"]]
    log = "SELECT export_number, source_table, snapshot_id, export_mode, row_count FROM public.datalake_sdk_exports"
    assert warehouse.rows(log) == [["1", "dev_sales.orders", str(first["snapshot_id"]), "full", "3"]]
    assert warehouse.staged_files() == 0


def test_only_changes_are_loaded(warehouse):
    warehouse.export()
    warehouse.lake.ingest([{"id": 4, "city": "L" * 100}])
    appended = warehouse.export()
    assert (appended["mode"], appended["rows"]) == ("append", 1)
    warehouse.lake.upsert([{"id": 2, "city": "Nice", "paid": True}, {"id": 5, "city": None, "paid": None}])
    warehouse.lake.ingest([{"id": 1, "gone": True}], "upsert", ("id",), delete_when="gone")
    warehouse.lake.maintain()
    merged = warehouse.export()
    assert (merged["mode"], merged["rows"], merged["deleted_keys"]) == ("merge", 2, 1)
    assert warehouse.copy() == [
        ["2", "Nice", "True"],
        ["3", "Nîmes", None],
        ["4", "L" * 100, None],
        ["5", None, None],
    ]
    assert warehouse.copied_again() == warehouse.copy()


def test_all_rows_are_loaded_if_the_changes_are_unknown(warehouse):
    warehouse.export()
    warehouse.lake.ingest([{"id": 7, "city": "Brest"}], "overwrite")
    result = warehouse.program.run(*warehouse.options)
    assert "all rows were loaded: rows were changed or deleted since snapshot" in result.stderr
    assert warehouse.copy() == [["7", "Brest"]]
    warehouse.rows("DROP TABLE public.orders; DELETE FROM main.declared_columns WHERE table_name = 'orders'")
    assert warehouse.export()["reason"] == "public.orders was dropped since the last export"
    assert warehouse.copy() == [["7", "Brest"]]


def test_values_of_every_type_are_copied(warehouse):
    instant = datetime(2026, 3, 4, 5, 6, 7, 8, tzinfo=UTC)
    row = {
        "id": 2**40,
        "boolean": True,
        "price": Decimal("12345678901234567890.123456"),
        "small": pa.scalar(1.5, pa.float32()).as_py(),
        "day": date(1815, 6, 18),
        "clock": time(23, 59, 59, 999_999),
        "local": datetime(1, 1, 1, 0, 0, 0, 1),
        "instant": instant,
        "text": "Ünï'\\\"",
        "bytes": b"\x00\xff",
        "uuid": UUID(int=10).bytes,
        "nested": {"at": instant, "list": [Decimal("1.25"), None]},
        "map": [("a", 1)],
    }
    types = {"uuid": pa.uuid(), "map": pa.map_(pa.string(), pa.int64())}
    columns = {name: pa.array([value, None], types.get(name)) for name, value in row.items()}
    columns["id"] = pa.array([2**40, 1])
    warehouse.lake.named("types").ingest(pa.table(columns))
    warehouse.export("-t", "types")
    copied = warehouse.rows("SELECT * FROM public.types ORDER BY id DESC")
    assert copied[0] == [
        "1099511627776", "True", "12345678901234567890.123456", "1.5", "1815-06-18", "23:59:59.999999",
        "0001-01-01 00:00:00.000001", "2026-03-04 05:06:07.000008+00:00", "Ünï'\\\"", "b'\\x00\\xff'",
        "00000000-0000-0000-0000-00000000000a", '{"at":"2026-03-04T05:06:07.000008Z","list":[1.25,null]}', '{"a":1}',
    ]  # fmt: skip
    assert copied[1] == ["1", *[None] * (len(row) - 1)]
    stored = "SELECT column_name, data_type, character_maximum_length FROM svv_all_columns WHERE table_name = 'types'"
    assert ["text", "character varying", "64"] in warehouse.rows(stored)


def test_a_value_that_redshift_cannot_store_is_an_error_before_anything_is_sent(warehouse):
    warehouse.export()
    executions = len(warehouse.executions())
    warehouse.lake.ingest([{"id": 4, "city": "é" * 40_000}])
    failed = warehouse.program.run(*warehouse.options)
    assert failed.exit_code == 1
    assert "dev_sales.orders: column 'city' has the value 'ééé" in failed.stderr
    assert "80,000 bytes; at most 65,535" in failed.stderr
    assert len(warehouse.executions()) == executions + 1  # the query of the last export
    assert warehouse.staged_files() == 0


def test_of_two_concurrent_exports_one_is_a_conflict(warehouse):
    database = RedshiftDatabase("dev", "analytics", copy_role_arn=warehouse.role)
    platform, orders = warehouse.lake.platform, warehouse.lake.table
    warehouse.aws.control("hold_redshift", containing="LOCK")
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(export_redshift, platform, orders, database)
        warehouse.aws.control("held_redshift")
        warehouse.aws.control("hold_redshift", containing=None)
        warehouse.lake.ingest([{"id": 4, "city": "Nice"}])
        assert warehouse.export()["rows"] == 4
        warehouse.aws.control("release_redshift")
        with pytest.raises(RedshiftConflictError, match="public.orders: another export or transaction committed first"):
            late.result()
    assert len(warehouse.copy()) == 4


def test_first_exports_that_create_the_log_at_the_same_time_succeed(warehouse):
    database = RedshiftDatabase("dev", "analytics", copy_role_arn=warehouse.role)
    platform, orders = warehouse.lake.platform, warehouse.lake.table
    warehouse.aws.control("hold_redshift", containing="COMMIT")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(export_redshift, platform, orders, database)
        warehouse.aws.control("held_redshift")
        warehouse.aws.control("hold_redshift", containing=None)
        second = pool.submit(export_redshift, platform, orders, database, target="orders_again")
        assert warehouse.aws.control("contended_redshift", name="analytics")
        warehouse.aws.control("release_redshift")
        assert (first.result().rows, second.result().rows) == (3, 3)
    assert "FAILED" in warehouse.executions().values()
    assert warehouse.rows("SELECT count(*) FROM public.datalake_sdk_exports") == [["2"]]


def test_a_killed_export_is_either_complete_or_without_effect(warehouse):
    warehouse.aws.control("hold_redshift", containing='"datalake_sdk_exports" VALUES')
    with warehouse.program.process(*warehouse.options) as killed:
        warehouse.aws.control("held_redshift")
        killed.kill()
    assert warehouse.rows("SELECT count(*) FROM main.declared_columns WHERE table_name = 'orders'") == [["0"]]
    warehouse.aws.control("release_redshift")
    assert warehouse.export()["reason"] == "the copy already contains the snapshot"
    assert warehouse.rows("SELECT count(*) FROM public.datalake_sdk_exports") == [["1"]]
    assert len(warehouse.copy()) == 3


def test_an_interrupted_export_is_cancelled(warehouse):
    warehouse.aws.control("hold_redshift", containing="COPY")
    with warehouse.program.process(*warehouse.options) as interrupted:
        execution = warehouse.aws.control("held_redshift")
        interrupted.send_signal(signal.SIGINT)
        interrupted.communicate(timeout=120)
    assert interrupted.returncode == 130
    assert warehouse.executions()[execution] == "ABORTED"
    assert warehouse.staged_files() == 0
    warehouse.aws.control("release_redshift")
    assert warehouse.export()["mode"] == "full"


def test_a_task_exports_with_its_own_permissions(warehouse, role, monkeypatch):
    """The statements are those of pipeline_factory/modules/task_role/redshift.tf."""
    technical, data = "arn:aws:s3:::shop-sales-dev-technical", "arn:aws:s3:::shop-sales-dev-data"
    own = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}
    statements = (
        (["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"], [warehouse.arn], {}),
        (["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"], ["*"], own),
        (["redshift-serverless:GetCredentials"], [warehouse.arn], {}),
        (["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{technical}/redshift/*"], {}),
        (["s3:ListBucket"], [technical], {"StringLike": {"s3:prefix": ["redshift/*"]}}),
        (["glue:GetTable", "s3:GetObject"], ["arn:aws:glue:*", f"{data}/sales/orders/*"], {}),
    )
    names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev", "PIPELINE_NAME": "daily"}
    database = json.dumps({"workgroup": warehouse.arn, "copy_role_arn": warehouse.role})
    task = {**names, "TASK_NAME": "copy", "OUTPUT_TABLES": '{"sales.totals": {}}', "REDSHIFT": database}
    for name, value in {**role(*statements), **task}.items():
        monkeypatch.setenv(name, value)
    job = NativePythonProcessingWrapper()
    assert job.export_redshift("sales.orders").rows == 3
    assert warehouse.staged_files() == 0


def test_a_role_that_reads_other_files_fails_without_effect(warehouse, copy_role):
    warehouse.aws.enforce_iam()
    warehouse.aws.client("iam").delete_role_policy(RoleName=_ROLE, PolicyName="read")
    failed = warehouse.program.run(*warehouse.options)
    assert failed.exit_code == 1
    assert "Redshift failed: S3ServiceException:" in failed.stderr
    assert "Statement: COPY export_stage FROM 's3://shop-sales-dev-technical/redshift/" in failed.stderr
    assert warehouse.rows("SELECT count(*) FROM public.datalake_sdk_exports") == [["0"]]


@pytest.mark.parametrize(
    ("prepared", "options", "code", "words"),
    [
        ("", ["--workgroup", "missing"], 2, "Redshift 'missing' cannot be used in eu-west-1: .*Check --workgroup"),
        ("", ["--redshift-database", "prod"], 2, 'database "prod" does not exist'),
        ("", ["--cluster", "c1"], 2, "workgroup or cluster is 'analytics and c1'; it must be one of them"),
        (
            "INSERT INTO main.declared_columns VALUES ('public', 'orders', 'id', 1, 'date', NULL, NULL, NULL, 'YES')",
            [],
            1,
            "public.orders: column 'id' is DATE, the table's column needs BIGINT.*Drop or rename",
        ),
        (
            "INSERT INTO main.declared_columns VALUES ('public', 'orders', 'x', 1, 'date', NULL, NULL, NULL, 'NO')",
            [],
            2,
            "public.orders has NOT NULL columns that the table does not have: 'x'",
        ),
    ],
)
def test_bad_input_is_an_error_that_names_the_setting(warehouse, prepared, options, code, words):
    if prepared:
        warehouse.rows(prepared)
    failed = warehouse.program.run(*warehouse.options, *options)
    assert failed.exit_code == code
    assert re.search(words, failed.stderr, re.DOTALL)
    assert warehouse.staged_files() == 0


def test_a_copy_of_another_table_is_not_replaced(warehouse):
    warehouse.export("--target", "cities")
    other = warehouse.lake.named("cities")
    other.ingest([{"id": 1}])
    options = ["export_redshift", "-db", "sales", "-t", "cities", *warehouse.options[5:]]
    failed = warehouse.program.run(*options)
    assert failed.exit_code == 2
    assert "public.cities is a copy of dev_sales.orders, not of dev_sales.cities" in failed.stderr


def test_the_embedded_lake_has_no_redshift(warehouse, tmp_path):
    failed = warehouse.program.run("--local", str(tmp_path), *warehouse.options)
    assert failed.exit_code == 2
    assert "export_redshift needs Redshift, which the embedded lake" in failed.stderr
