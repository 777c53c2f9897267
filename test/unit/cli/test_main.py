from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.main import cli

NO_NAMES = {"PROJECT_NAME": None, "DOMAIN_NAME": None, "STAGE_NAME": None, "AWS_REGION": None}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def lake_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lake]:
    """`lake_of(…)` returns the lake that is passed to a command."""

    def call(*arguments: str, **environment: str) -> Lake:
        seen: list[Lake] = []
        monkeypatch.setitem(cli.commands, "probe", click.Command("probe", callback=click.pass_obj(seen.append)))
        CliRunner().invoke(cli, [*arguments, "probe"], env={**NO_NAMES, **environment}, catch_exceptions=False)
        return seen[0]

    return call


@pytest.mark.parametrize("name", [name for name in cli.commands if "_" in name])
def test_a_command_name_can_be_written_with_dashes(name: str):
    with_dashes = name.replace("_", "-")
    assert run(with_dashes, "--help").output.replace(with_dashes, name) == run(name, "--help").output


def test_group_options_come_from_the_command_line(lake_of: Callable[..., Lake]):
    lake = lake_of(
        "-p",
        "shop",
        "-d",
        "sales",
        "-s",
        "test",
        "--region",
        "eu-west-3",
        "--local",
        "here",
        "--consumer-group",
        "hr",
        "--table-storage",
        "s3_tables",
    )
    assert lake == Lake("shop", "sales", "test", "eu-west-3", Path("here"), "hr", "s3_tables")


def test_group_options_come_from_the_environment(lake_of: Callable[..., Lake]):
    lake = lake_of(
        PROJECT_NAME="shop",
        DOMAIN_NAME="sales",
        STAGE_NAME="test",
        AWS_REGION="eu-west-3",
        DATALAKE_LOCAL_ROOT="here",
        CONSUMER_GROUP="hr",
        TABLE_STORAGE="s3_tables",
    )
    assert lake == Lake("shop", "sales", "test", "eu-west-3", Path("here"), "hr", "s3_tables")


def test_an_option_overrides_the_environment(lake_of: Callable[..., Lake]):
    assert lake_of("-s", "prod", STAGE_NAME="dev").stage_name == "prod"


def test_a_group_option_after_the_command_is_rejected_with_its_position():
    result = run("list_tables", "--local", "here")
    assert result.exit_code == 2
    assert "--local must precede the command" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["no_such_command"],
        ["list_tables", "--no-such-option"],
        ["ingest", "--table-name", "orders"],
        ["query"],
        ["query", "SELECT 1", "-f", "-"],
        ["query", "SELECT 1", "--format", "xml"],
        ["query", "SELECT 1", "--format", "table", "--output", "rows.txt"],
        ["delete_table", "--database-name", "sales", "--table-name", "orders"],
    ],
)
def test_a_usage_error_exits_with_2(arguments: list[str], tmp_path: Path):
    assert run("--local", str(tmp_path), *arguments).exit_code == 2


def test_the_error_for_an_unknown_mode_lists_the_valid_modes():
    call = "ingest --database-name a --table-name b --input-file-path c --ingestion-mode merge"
    result = run(*call.split())
    assert result.exit_code == 2
    assert all(mode in result.stderr for mode in ("overwrite", "overwrite_partitions", "append", "upsert"))


def test_the_version_is_that_of_the_package():
    assert run("--version").output == version("datalake-sdk") + "\n"


@pytest.mark.parametrize(
    ("options", "level", "others_level"),
    [
        ([], logging.WARNING, logging.WARNING),
        (["-v"], logging.INFO, logging.WARNING),
        (["-vv"], logging.DEBUG, logging.DEBUG),
    ],
)
def test_the_verbosity_sets_the_log_level(
    lake_of: Callable[..., Lake], options: list[str], level: int, others_level: int
) -> None:
    lake_of(*options)
    assert logging.getLogger("datalake_sdk.engine").getEffectiveLevel() == level
    assert logging.getLogger("pyiceberg").getEffectiveLevel() == others_level
