"""`datalake_sdk export_redshift`: copies a table to Redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import ON_AWS, example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.settings import TableName

if TYPE_CHECKING:
    from datalake_sdk.operations.export_redshift import RedshiftExport


@click.command("export_redshift", epilog=example("export_redshift -db sales -t orders --workgroup analytics", ON_AWS))
@database_name_option
@table_name_option
@click.option("--workgroup", metavar="NAME", help="Name or ARN of a Redshift Serverless workgroup.")
@click.option("--cluster", metavar="NAME", help="Provisioned cluster, instead of a workgroup.")
@click.option("--redshift-database", default="dev", show_default=True, metavar="NAME", help="Database in Redshift.")
@click.option("--db-user", metavar="NAME", help="Database user of a cluster.  [default: the IAM identity]")
@click.option("--secret-arn", metavar="ARN", help="Secret with user name and password.  [default: the IAM identity]")
@click.option(
    "--copy-role-arn",
    metavar="ARN",
    help="Role with which Redshift reads the staged files.  [default: the default role of the workgroup or cluster]",
)
@click.option("--target", metavar="NAME", help="Copy, as table or schema.table.  [default: the table, in public]")
@click.option(
    "--scope",
    type=click.Choice(["changes", "full"]),
    default="changes",
    show_default=True,
    help="Load only what changed since the exported snapshot, or all rows.",
)
@json_option
@click.pass_obj
def export_redshift(
    lake: Lake,
    database_name: str,
    table_name: str,
    workgroup: str | None,
    cluster: str | None,
    redshift_database: str,
    db_user: str | None,
    secret_arn: str | None,
    copy_role_arn: str | None,
    target: str | None,
    scope: str,
    as_json: bool,
) -> None:
    """Copies the current snapshot of a table to Redshift in one transaction.

    Redshift also reads tables in place, as awsdatacatalog.DATABASE.TABLE; a copy is faster for repeated queries.
    """
    import_libraries()
    from datalake_sdk.operations import export_redshift as exports
    from datalake_sdk.redshift.database import RedshiftDatabase

    database = RedshiftDatabase(redshift_database, workgroup, cluster, db_user, secret_arn, copy_role_arn)
    export = exports.export_redshift(
        lake.open(), TableName(database_name, table_name), database, target=target, scope=exports.ExportScope(scope)
    )
    print_json(export.as_dict()) if as_json else _print_export(export)


def _print_export(export: RedshiftExport) -> None:
    if export.mode == "none":
        click.echo(f"{export.target}: unchanged, {export.reason}")
        return
    if export.reason:
        click.echo(f"{export.target}: all rows were loaded: {export.reason}", err=True)
    click.echo(f"{export.target}: contains snapshot {export.snapshot_id} of {export.table}")
    print_fields(
        {
            "mode": export.mode,
            "rows loaded": f"{export.rows:,}",
            **({"keys deleted": f"{export.deleted_keys:,}"} if export.mode == "merge" else {}),
            "seconds": f"{export.seconds:.2f}",
        }
    )
