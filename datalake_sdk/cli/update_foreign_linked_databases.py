"""`datalake_sdk update_foreign_linked_databases`: links databases shared by other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import ON_AWS, example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json

if TYPE_CHECKING:
    from datalake_sdk.operations.linked_databases import LinkChanges


@click.command("update_foreign_linked_databases", epilog=example("update_foreign_linked_databases --dry-run", ON_AWS))
@click.option("--dry-run", is_flag=True, help="Show pending changes without applying them.")
@json_option
@click.pass_obj
def update_foreign_linked_databases(lake: Lake, dry_run: bool, as_json: bool) -> None:
    """Creates resource links for databases shared by other accounts, and deletes dangling links.

    A link has the same name as the shared database. Run this command as a data lake administrator: other principals
    see only the databases shared with them, and the command would delete links to all others.
    """
    from datalake_sdk.operations.linked_databases import update_linked_databases

    changes = update_linked_databases(lake.open(), dry_run=dry_run)
    print_json(changes.as_dict()) if as_json else _print_changes(changes, dry_run)


def _print_changes(changes: LinkChanges, dry_run: bool) -> None:
    links = {
        "would be created" if dry_run else "created": changes.created,
        "would be deleted" if dry_run else "deleted": changes.deleted,
        "kept": changes.kept,
    }
    print_listing(
        ("link", "owner", "database", ""),
        [(link.name, link.owner, link.database, done) for done, each in links.items() for link in each],
    )
    for skipped in changes.skipped:
        click.echo(f"Skipped: '{skipped.database}' of account {skipped.owner}: {skipped.reason}", err=True)
