"""`datalake_sdk export_redshift` on the emulator, whose Data API has a real database behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from test.aws.conftest import ORDERS, Program

_ROLE = "redshift_copy"


class Warehouse:
    """A workgroup, and the command that exports sales.orders to it."""

    def __init__(self, program: Program, role: str) -> None:
        self.program = program
        self.options = ["export_redshift", *ORDERS, "--workgroup", "analytics", "--copy-role-arn", role]

    def export(self, *options: str) -> dict[str, Any]:
        """Exports the table; returns the outcome without its duration."""
        result = self.program.run(*self.options, *options, "--json")
        assert result.exit_code == 0, result.stderr
        outcome: dict[str, Any] = json.loads(result.stdout)
        del outcome["seconds"]
        return outcome

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
    program.aws.control("add_redshift", name="analytics", roles=[role])
    assert program.ingest().exit_code == 0
    return Warehouse(program, role)


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


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_snapshot_is_copied_once(warehouse):
    first = warehouse.export()
    assert first == {
        "table": "dev_sales.orders",
        "target": "public.orders",
        "snapshot_id": first["snapshot_id"],
        "mode": "full",
        "rows": 3,
        "deleted_keys": 0,
        "reason": "",
    }
    assert warehouse.export() == {
        **first,
        "mode": "none",
        "rows": 0,
        "reason": "the copy already contains the snapshot",
    }
    assert warehouse.copy() == [["1", "Lyon"], ["2", None], ["3", "Nîmes"]]
    assert warehouse.rows(
        "SELECT export_number, source_table, snapshot_id, row_count FROM public.datalake_sdk_exports"
    ) == [["1", "dev_sales.orders", str(first["snapshot_id"]), "3"]]
    assert warehouse.staged_files() == 0
