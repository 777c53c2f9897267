"""Synchronizes resource links with the databases that other accounts share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.errors import MissingCapabilityError
from datalake_sdk.platforms.base import Platform, SharedDatabase


@dataclass(frozen=True)
class DatabaseLink:
    """A link in the catalog to a database of another account.

    Args:
        name: Name of the link.
        owner: Id of the account that owns the database.
        database: Name of the database in that account.
    """

    name: str
    owner: str
    database: str


@dataclass(frozen=True)
class SkippedDatabase:
    """A shared database that cannot be linked, because its name is taken.

    Args:
        owner: Id of the account that owns the database.
        database: Name of the database in that account.
        reason: Why the name is taken.
    """

    owner: str
    database: str
    reason: str


@dataclass(frozen=True)
class LinkChanges:
    """Changes to the links of a catalog.

    Args:
        created: Links to databases without a link.
        deleted: Links to databases that are no longer shared.
        skipped: Shared databases that cannot be linked.
        kept: Unchanged links.
    """

    created: tuple[DatabaseLink, ...]
    deleted: tuple[DatabaseLink, ...]
    skipped: tuple[SkippedDatabase, ...]
    kept: tuple[DatabaseLink, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def update_linked_databases(platform: Platform, *, dry_run: bool = False) -> LinkChanges:
    """Creates a link for every database shared with the account, and deletes dangling links.

    A link has the same name as the shared database, so `{stage}_{database}` of another domain keeps its name. If the
    name is taken, the database is skipped; an existing link with another name is kept.

    Args:
        platform: Platform whose catalog is updated.
        dry_run: Whether to plan the changes without applying them.

    Raises:
        MissingCapabilityError: The platform has no shared databases.
    """
    links = platform.database_links
    if links is None:
        raise MissingCapabilityError(
            "update_foreign_linked_databases", "databases shared by other accounts", platform.environment.local_root
        )
    changes = plan_links(links.shared(), links.names())
    if not dry_run:
        # Delete first: a new link may need the name of a deleted one.
        for orphan in changes.deleted:
            links.delete(orphan.name)
        for link in changes.created:
            links.create(link.name, SharedDatabase(link.owner, link.database))
    return changes


def plan_links(shared: Sequence[SharedDatabase], names: Mapping[str, SharedDatabase | None]) -> LinkChanges:
    """Decides which links to create and to delete.

    Args:
        shared: Databases that other accounts share.
        names: Databases of the catalog, and the targets of those that are links; None for a local database.
    """
    links = {name: target for name, target in names.items() if target is not None}
    wanted = sorted(set(shared) - set(links.values()), key=lambda each: (each.name, each.owner))
    orphans = {name for name, target in links.items() if target not in shared}
    reasons = {
        each: _obstacle(each, wanted, {name: links.get(name) for name in names.keys() - orphans}) for each in wanted
    }
    return LinkChanges(
        created=tuple(_link(each.name, each) for each, reason in reasons.items() if reason is None),
        deleted=tuple(_link(name, links[name]) for name in sorted(orphans)),
        skipped=tuple(SkippedDatabase(each.owner, each.name, reason) for each, reason in reasons.items() if reason),
        kept=tuple(_link(name, target) for name, target in sorted(links.items()) if name not in orphans),
    )


def _obstacle(
    database: SharedDatabase, wanted: Sequence[SharedDatabase], names: Mapping[str, SharedDatabase | None]
) -> str | None:
    """Returns why a shared database cannot be linked under its name."""
    if database.name in names:
        holder = names[database.name]
        return f"'{database.name}' is " + (f"a link to account {holder.owner}" if holder else "a local database")
    if Counter(each.name for each in wanted)[database.name] > 1:
        others = [each.owner for each in wanted if each.name == database.name and each != database]
        return f"account {', '.join(others)} also shares a database '{database.name}'"
    return None


def _link(name: str, target: SharedDatabase) -> DatabaseLink:
    return DatabaseLink(name, target.owner, target.name)
