"""`datalake_sdk maintain_table`: compacts files, expires snapshots and removes unreferenced files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.settings import TableName
from datalake_sdk.sizes import size_text

if TYPE_CHECKING:
    from datalake_sdk.engine.maintenance import MaintenanceResult
    from datalake_sdk.operations.maintain_table import MaintainedTable


@click.command("maintain_table", epilog=example("maintain_table -db sales -t orders --force"))
@database_name_option
@table_name_option
@click.option("--force", is_flag=True, help="Run every step, even if no threshold is reached.")
@json_option
@click.pass_obj
def maintain_table(lake: Lake, database_name: str, table_name: str, force: bool, as_json: bool) -> None:
    """Compacts data files, expires old snapshots and removes unreferenced files."""
    import_libraries()
    from datalake_sdk.operations import maintain_table as maintenance

    maintained = maintenance.maintain_table(lake.open(), TableName(database_name, table_name), force=force)
    print_json(maintained.as_dict()) if as_json else _print_maintained(maintained)


def _print_maintained(maintained: MaintainedTable) -> None:
    done = maintained.maintenance
    if not done.reason:
        click.echo(f"{maintained.table}: {done.skipped}")
        return
    click.echo(f"{maintained.table}: maintained ({done.reason})")
    print_fields(
        {
            "data files": _compacted(done),
            "delete files": f"{done.delete_files_removed:,} removed",
            "manifests": f"{done.manifests_rewritten:,} merged",
            "snapshots": f"{done.snapshots_expired:,} expired",
            "unreferenced files": f"{done.files_removed:,} removed"
            + (f", {size_text(done.bytes_removed)}" if done.files_removed else ""),
            "seconds": f"{maintained.seconds:.2f}",
            **({"skipped": done.skipped} if done.skipped else {}),
        }
    )


def _compacted(done: MaintenanceResult) -> str:
    if not done.files_compacted:
        return "none compacted"
    return f"{done.files_compacted:,} compacted into {done.files_written:,}"
