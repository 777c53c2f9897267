"""Keeps the catalog's links to other accounts' databases as these are shared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.errors import MissingCapabilityError
from datalake_sdk.platforms.base import Platform, SharedDatabase


@dataclass(frozen=True)
class DatabaseLink:
    """A name in the catalog that leads to another account's database.

    Args:
        name: As queries use it.
        owner: Number of the account.
        database: As its owner names it.
    """

    name: str
    owner: str
    database: str


@dataclass(frozen=True)
class SkippedDatabase:
    """A shared database whose name is taken.

    Args:
        owner: Number of the account.
        database: As its owner names it.
        reason: What has the name.
    """

    owner: str
    database: str
    reason: str


@dataclass(frozen=True)
class LinkChanges:
    """What the catalog's links need, or got.

    Args:
        created: Links to databases that had none.
        deleted: Links to databases that are not shared any more.
        skipped: Shared databases that get no link.
        kept: Links that were right.
    """

    created: tuple[DatabaseLink, ...]
    deleted: tuple[DatabaseLink, ...]
    skipped: tuple[SkippedDatabase, ...]
    kept: tuple[DatabaseLink, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields."""
        return asdict(self)


def update_linked_databases(platform: Platform, *, dry_run: bool = False) -> LinkChanges:
    """Creates a link for every database that is shared with the account, and deletes those that lead nowhere.

    A link has the name that the database has with its owner, so that `{stage}_{database}` of another domain is found
    under the same name as there. What cannot have that name is skipped; a link of another name that someone made for
    it is kept.

    Args:
        platform: Its catalog gets the links.
        dry_run: Whether nothing is changed.

    Raises:
        MissingCapabilityError: Nobody can share databases with the platform.
    """
    links = platform.database_links
    if links is None:
        raise MissingCapabilityError(
            "update_foreign_linked_databases", "databases shared by other accounts", platform.environment.local_root
        )
    changes = plan_links(links.shared(), links.names())
    if not dry_run:
        # Deletions come first: they free names.
        for orphan in changes.deleted:
            links.delete(orphan.name)
        for link in changes.created:
            links.create(link.name, SharedDatabase(link.owner, link.database))
    return changes


def plan_links(shared: Sequence[SharedDatabase], names: Mapping[str, SharedDatabase | None]) -> LinkChanges:
    """Decides which links to create and to delete.

    Args:
        shared: Databases that other accounts share.
        names: The catalog's names, and the databases of others that they lead to; None for a database of its own.
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
    """Why a shared database cannot have a link of its name."""
    if database.name in names:
        holder = names[database.name]
        return f"'{database.name}' is " + (f"a link to account {holder.owner}" if holder else "a database of its own")
    if Counter(each.name for each in wanted)[database.name] > 1:
        others = [each.owner for each in wanted if each.name == database.name and each != database]
        return f"account {', '.join(others)} shares a database '{database.name}' too"
    return None


def _link(name: str, target: SharedDatabase) -> DatabaseLink:
    return DatabaseLink(name, target.owner, target.name)
