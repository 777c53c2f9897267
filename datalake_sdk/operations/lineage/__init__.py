"""What tables and columns are computed from, and what is computed from them, by the run ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from datalake_sdk.calendar import days_before
from datalake_sdk.errors import UnknownColumnError
from datalake_sdk.ledger.reading import iterate_runs
from datalake_sdk.operations.lineage.build import lineage_graph
from datalake_sdk.operations.lineage.graph import LineageGraph, LineageNode, NodeKind
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table, names_of_stage
from datalake_sdk.settings import TableName

DEFAULT_DAYS = 30


@dataclass(frozen=True)
class Lineage:
    """The lineage of one table or column.

    Args:
        root: Node of the table or column.
        upstream: What it is computed from; None if not requested.
        downstream: What is computed from it; None if not requested.
    """

    root: LineageNode
    upstream: LineageGraph | None
    downstream: LineageGraph | None

    @property
    def graph(self) -> LineageGraph:
        """Both directions."""
        whole = LineageGraph({self.root.id: self.root}, ())
        for part in (self.upstream, self.downstream):
            whole = whole.merged(part) if part else whole
        return whole

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        parts = {"upstream": self.upstream, "downstream": self.downstream}
        return {"root": self.root.id, **{name: part.as_dict() for name, part in parts.items() if part is not None}}


def lineage(
    platform: Platform, name: str, *, days: int = DEFAULT_DAYS, upstream: bool = True, downstream: bool = True
) -> Lineage:
    """Finds the lineage of a table or of a column.

    Args:
        platform: Platform that holds the tables.
        name: `database.table` or `database.table.column`, without the stage's prefix.
        days: Jobs that ran within this number of days are known.
        upstream: Whether to find what it is computed from.
        downstream: Whether to find what is computed from it.

    Raises:
        UsageError: The name is invalid.
        UnknownTableError: The table neither exists nor is in the ledger.
        UnknownColumnError: The table does not have the column.
        DatalakeError: The ledger or the catalog cannot be read.
    """
    *table_parts, column = name.split(".", 2) if name.count(".") > 1 else (name, "")
    table = TableName.parse(".".join(table_parts))
    graph = read_graph(platform, days)
    root = _root(platform, graph, table, column)
    return Lineage(
        root, graph.upstream(root.id) if upstream else None, graph.downstream(root.id) if downstream else None
    )


def read_graph(platform: Platform, days: int = DEFAULT_DAYS) -> LineageGraph:
    """Reads the lineage of all tables: the newest run of each job that wrote tables.

    Args:
        platform: Platform that holds the tables.
        days: Jobs that ran within this number of days are known.

    Raises:
        DatalakeError: The ledger or the catalog cannot be read.
    """
    prefix = platform.environment.database_prefix
    with platform.service_errors():
        existing = frozenset(f"{database.removeprefix(prefix)}.{table}" for database, table in names_of_stage(platform))
        runs = iterate_runs(platform.run_events, days_before(datetime.now(UTC), days))
        return lineage_graph(runs, prefix, existing)


def _root(platform: Platform, graph: LineageGraph, table: TableName, column: str) -> LineageNode:
    kind, name = (NodeKind.COLUMN, f"{table}.{column}") if column else (NodeKind.TABLE, str(table))
    node = LineageNode(kind, name)
    if node.id in graph.nodes:
        return graph.nodes[node.id]
    with platform.service_errors():
        columns = load_table(platform, table).schema().column_names
    if column and column not in columns:
        raise UnknownColumnError(name, get_close_matches(column, columns))
    return node
