from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalake_sdk.errors import InvalidNameError, LakeRootError, MissingSettingError
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import Environment, TableName


def test_a_local_environment_needs_no_names():
    assert resolve_environment(None, None, None, None, "here") == Environment(
        "local", "lake", "dev", local_root=Path("here")
    )


def test_given_names_override_the_local_defaults():
    assert resolve_environment("shop", None, "prod", "eu-west-3", "here") == Environment(
        "shop", "lake", "prod", "eu-west-3", Path("here")
    )


def test_all_missing_names_are_listed():
    with pytest.raises(MissingSettingError, match="'project_name', 'stage_name'"):
        resolve_environment(None, "sales", None)


def test_an_invalid_name_is_rejected():
    with pytest.raises(InvalidNameError, match="stage_name is '!'"):
        resolve_environment(None, None, "!", None, "here")
    with pytest.raises(InvalidNameError, match="domain_name is 'Sales'"):
        resolve_environment(None, "Sales", "dev", None, "here")


def test_a_stage_name_can_be_a_branch_name():
    environment = resolve_environment("shop", "sales", "feature/Orders-2", None, "here")
    assert environment == resolve_environment("shop", "sales", "feature_orders_2", None, "here")
    assert (environment.database_prefix, environment.data_bucket) == (
        "feature_orders_2_",
        "shop-sales-feature-orders-2-data",
    )


def test_opening_an_environment_on_aws_calls_no_service():
    platform = open_platform(Environment("shop", "sales", "dev"))
    assert platform.capabilities.remote
    assert platform.table_location(TableName("sales", "orders")) == "s3://shop-sales-dev-data/sales/orders"


def test_opening_a_lake_creates_nothing(tmp_path):
    root = tmp_path / "not" / "yet"
    platform = open_platform(resolve_environment(None, None, None, None, root))
    assert platform.catalog.list_namespaces() == []
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ("file", "it is a file"),
        ("file/below", "is a file"),
        ("a#b", "'#' or '?'"),
        ("a?b", "'#' or '?'"),
    ],
)
def test_an_invalid_lake_root_is_rejected_with_its_path(tmp_path, root, reason):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LakeRootError, match=reason) as caught:
        open_platform(resolve_environment(None, None, None, None, tmp_path / root))
    assert str(tmp_path / root) in caught.value.message


def test_a_missing_package_is_reported_with_its_extra(tmp_path):
    program = """
import sys
sys.modules["sqlglot"] = None
from datalake_sdk.platforms.select import open_platform, resolve_environment
open_platform(resolve_environment(None, None, None, None, sys.argv[1])).sql
"""
    finished = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False)
    assert "MissingExtraError: package 'sqlglot' is not installed" in finished.stderr
    assert "pip install 'datalake-sdk[local]'" in finished.stderr
