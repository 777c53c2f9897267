"""Search over the names and descriptions of tables and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable
from datalake_sdk.ui.column_index import Described
from datalake_sdk.ui.page import Page, Query
from datalake_sdk.ui.reader import LakeReader

_MAX_MATCHES = 100
_KINDS = ("table", "column")


@dataclass(frozen=True)
class Match:
    """Something that was found.

    Args:
        kind: `table` or `column`.
        table: The table.
        column: The column; None for a table.
        text: Description.
    """

    kind: str
    table: CatalogTable
    column: str | None
    text: str


@dataclass(frozen=True)
class SearchModel:
    """Results of a search.

    Args:
        words: What was searched.
        matches: The best matches, names before descriptions.
        total: Number of all matches.
        unread: Number of tables whose columns have not been read yet.
    """

    words: str
    matches: tuple[Match, ...]
    total: int
    unread: int


@dataclass(frozen=True)
class EverythingModel:
    """All tables with their columns.

    Args:
        tables: Each table with its description and the names of its columns.
    """

    tables: tuple[tuple[CatalogTable, str, tuple[str, ...]], ...]


def everything_page(reader: LakeReader) -> Page:
    """Returns the page with all tables and columns, in which a browser can search a static site."""
    names = reader.tables()
    described = zip(names, reader.describe_all(names), strict=True)
    tables = [
        (name, each.comment, tuple(column.name for column in each.described.columns))
        for name, each in described
        if isinstance(each, CatalogEntry)
    ]
    return Page(("everything",), "everything", "Search", "", EverythingModel(tuple(tables)))


def search_page(reader: LakeReader, query: Query) -> Page:
    """Returns the results of a search; every word must occur in the name or the description.

    Args:
        reader: Reads the lake.
        query: The words as `q`.
    """
    words = " ".join(query.get("q", "").split())[:200]
    indexed = reader.indexed()
    found = sorted(_matches(reader.tables(), indexed.described, words.lower().split()), key=lambda match: match[0])
    matches = tuple(match for _, match in found[:_MAX_MATCHES])
    return Page(("search",), "search", "Search", "", SearchModel(words, matches, len(found), indexed.unread), query)


def _matches(
    tables: Sequence[CatalogTable], described: Described, words: Sequence[str]
) -> Iterator[tuple[tuple[int, int, str, str], Match]]:
    """Yields matches with their rank."""
    for table in tables if words else ():
        entry = described.get(table)
        if entry is not None and not all(word in entry.search_text for word in words):
            continue
        yield from _match(Match("table", table, None, entry.comment if entry else ""), words)
        for column in entry.described.columns if entry else ():
            yield from _match(Match("column", table, column.name, column.comment or ""), words)


def _match(match: Match, words: Sequence[str]) -> Iterator[tuple[tuple[int, int, str, str], Match]]:
    """Yields a match if each word occurs in it, and one of them in its own name or description."""
    own = (match.column or str(match.table)).lower()
    everything = f"{match.table}.{own} {match.text}".lower()
    if all(word in everything for word in words) and any(word in own or word in match.text.lower() for word in words):
        place = 0 if own in words else 1 if any(word in own for word in words) else 2
        yield (place, _KINDS.index(match.kind), str(match.table), own), match
