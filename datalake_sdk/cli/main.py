"""The `datalake_sdk` program: its options and commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from datalake_sdk.cli.commands import COMMANDS, LazyCommands
from datalake_sdk.cli.edge import EdgeGroup, immediate_exit, terminable
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.logs import log_to_stderr
from datalake_sdk.temporary_folders import remove_abandoned_folders


@click.group(cls=EdgeGroup, commands=LazyCommands(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-p", "--project-name", envvar="PROJECT_NAME", show_envvar=True, help="Project name.")
@click.option("-d", "--domain-name", envvar="DOMAIN_NAME", show_envvar=True, help="Business domain name.")
@click.option("-s", "--stage-name", envvar="STAGE_NAME", show_envvar=True, help="Stage name, for example dev or prod.")
@click.option("--region", envvar="AWS_REGION", show_envvar=True, help="AWS region.")
@click.option(
    "--local",
    "local_root",
    metavar="PATH",
    type=click.Path(path_type=Path),
    envvar="DATALAKE_LOCAL_ROOT",
    show_envvar=True,
    help="Use the embedded lake in this folder; project, domain and stage then default to local, lake and dev.",
)
@click.option(
    "--consumer-group",
    envvar="CONSUMER_GROUP",
    show_envvar=True,
    help="Consumer group of the domain whose Athena workgroup runs queries.  [default: the environment's workgroup]",
)
@click.option(
    "--table-storage",
    type=click.Choice(["s3", "s3_tables"]),
    envvar="TABLE_STORAGE",
    show_envvar=True,
    help="Where domain_factory keeps the tables on AWS.  [default: s3]",
)
@click.option("-v", "--verbose", count=True, help="Show what the command does; -vv shows debug logs.")
@click.option("--debug", is_flag=True, help="Show the traceback when a command fails.")
@click.version_option(package_name="datalake-sdk", message="%(version)s")
@click.pass_context
def cli(
    context: click.Context,
    project_name: str | None,
    domain_name: str | None,
    stage_name: str | None,
    region: str | None,
    local_root: Path | None,
    consumer_group: str | None,
    table_storage: str | None,
    verbose: int,
    debug: bool,
) -> None:
    """Ingests files into data lake tables; queries, maintains, migrates and deletes tables; runs and redrives tasks.

    Also checks contracts, and shows quarantined rows, runs, lineage and a data catalogue in the browser.
    """
    context.call_on_close(_flush_ledger)
    context.with_resource(terminable())
    log_to_stderr(verbose)
    remove_abandoned_folders()
    context.obj = Lake(project_name, domain_name, stage_name, region, local_root, consumer_group, table_storage)


def main() -> None:
    """Runs the program and ends the process."""
    with immediate_exit():
        cli(prog_name="datalake_sdk")


def _flush_ledger() -> None:
    """Waits until the events of the command are written, if it has recorded any."""
    delivery = sys.modules.get("datalake_sdk.ledger.delivery")
    if delivery is not None:
        delivery.flush()
