"""`datalake_sdk describe_table`: the columns, properties and snapshots of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.settings import TableName
from datalake_sdk.sizes import size_text

if TYPE_CHECKING:
    from datalake_sdk.operations.tables import TableDescription


@click.command("describe_table", epilog=example("describe_table -db sales -t orders"))
@database_name_option
@table_name_option
@json_option
@click.pass_obj
def describe_table(lake: Lake, database_name: str, table_name: str, as_json: bool) -> None:
    """Shows the columns, partition keys, properties, size and last ten snapshots of a table."""
    import_libraries()
    from datalake_sdk.operations import tables

    description = tables.describe_table(lake.open(), TableName(database_name, table_name))
    if as_json:
        print_json(description.as_dict())
    else:
        _print_description(description)


_MAX_VALUE_LENGTH = 200
"""The state of a dlt source has thousands of characters; `--json` shows the whole value."""


def _shortened(value: str) -> str:
    return value if len(value) <= _MAX_VALUE_LENGTH else f"{value[:_MAX_VALUE_LENGTH]}… ({len(value):,} characters)"


def _print_description(table: TableDescription) -> None:
    click.echo(table.table)
    fields = {
        "location": table.location,
        "rows": f"{table.rows:,}",
        "files": f"{table.files:,}",
        "size": size_text(table.bytes),
        "partition keys": ", ".join(table.partition_keys) or "none",
    }
    print_fields(fields)
    print_listing(
        ("column", "type", "comment"), [(column.name, column.type, column.comment) for column in table.columns]
    )
    print_listing(
        ("property", "value"),
        [(name, _shortened(value)) for name, value in sorted(table.properties.items())],
    )
    print_listing(
        ("snapshot", "committed at", "operation", "rows added", "rows deleted", "ingestion id"),
        [
            (
                str(snapshot.snapshot_id),
                snapshot.committed_at,
                snapshot.operation,
                snapshot.added_rows,
                snapshot.deleted_rows,
                snapshot.ingestion_id,
            )
            for snapshot in table.snapshots
        ],
    )
