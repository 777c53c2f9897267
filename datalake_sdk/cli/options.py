"""Options that several commands share."""

from __future__ import annotations

import click

database_name_option = click.option(
    "--database-name", required=True, metavar="NAME", help="Database, without the stage's prefix."
)
table_name_option = click.option("--table-name", required=True, metavar="NAME", help="Table.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
