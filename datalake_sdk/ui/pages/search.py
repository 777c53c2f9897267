"""Search over the names and descriptions of tables and columns, and over pipelines and jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable
from datalake_sdk.ui.column_index import Described
from datalake_sdk.ui.page import Page, Path, Query
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.recent_runs import position_of

_MAX_MATCHES = 100
_KINDS = ("table", "column", "pipeline", "job")
_Rank = tuple[int, int, str]


@dataclass(frozen=True)
class Match:
    """Something that was found.

    Args:
        kind: `table`, `column`, `pipeline` or `job`.
        name: Its name; of a column without that of its table.
        text: Description.
        path: Path of its page: of a job, the page of its latest run.
        table: Table of a column; empty for other kinds.
    """

    kind: str
    name: str
    text: str
    path: Path
    table: str = ""


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
    wanted = words.lower().split()
    found = [*_tables(reader.tables(), indexed.described, wanted), *_jobs(reader, wanted)] if wanted else []
    found.sort(key=itemgetter(0))
    matches = tuple(match for _, match in found[:_MAX_MATCHES])
    return Page(("search",), "search", "Search", "", SearchModel(words, matches, len(found), indexed.unread), query)


def _tables(
    tables: Sequence[CatalogTable], described: Described, words: Sequence[str]
) -> Iterator[tuple[_Rank, Match]]:
    """Yields tables and columns with their rank."""
    for table in tables:
        entry, path = described.get(table), ("tables", str(table))
        if entry is not None and not all(word in entry.search_text for word in words):
            continue
        yield from _match(Match("table", str(table), entry.comment if entry else "", path), words)
        for column in entry.described.columns if entry else ():
            yield from _match(Match("column", column.name, column.comment or "", path, str(table)), words)


def _jobs(reader: LakeReader, words: Sequence[str]) -> Iterator[tuple[_Rank, Match]]:
    """Yields pipelines and jobs that ran recently with their rank."""
    latest = reader.recent_runs()
    for pipeline in latest.by_pipeline:
        yield from _match(Match("pipeline", pipeline, "", ("pipelines", pipeline)), words)
    for name, run in latest.by_job.items():
        yield from _match(Match("job", name, f"latest run {run.state}", ("runs", position_of(run))), words)


def _match(match: Match, words: Sequence[str]) -> Iterator[tuple[_Rank, Match]]:
    """Yields a match if each word occurs in it, and one of them in its own name or description."""
    own = match.name.lower()
    everything = f"{match.table}.{own} {match.text}".lower()
    if all(word in everything for word in words) and any(word in own or word in match.text.lower() for word in words):
        place = 0 if own in words else 1 if any(word in own for word in words) else 2
        yield (place, _KINDS.index(match.kind), f"{match.table}.{own}"), match
