"""The tables that the nodes of a dbt project read and write, compared with those that a task declares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from datalake_sdk.errors import UndeclaredModelInputError, UndeclaredModelTableError
from datalake_sdk.output_tables import declared_as
from datalake_sdk.pipelines.dbt_manifest import is_written, read_tables, table_of


def check_declared(
    manifest: Mapping[str, Any], selected: Iterable[str], inputs: Collection[str], outputs: Collection[str]
) -> None:
    """Checks that a task declares the tables of the nodes that it builds.

    Args:
        manifest: Content of `manifest.json`.
        selected: Unique ids of the nodes that the task builds.
        inputs: `database.table` of each input table of the task, or patterns `database.*`.
        outputs: Output tables of the task, or patterns.

    Raises:
        UndeclaredModelTableError: Nodes write other tables.
        UndeclaredModelInputError: Nodes read other tables.
    """
    nodes = manifest["nodes"]
    writes = {name: table_of(nodes[name]) for name in selected if name in nodes and is_written(nodes[name])}
    undeclared = {name: table for name, table in writes.items() if not declared_as(table, outputs)}
    if undeclared:
        raise UndeclaredModelTableError(_named(undeclared), outputs)
    known = {*inputs, *outputs}
    reads = ((name, table) for name in selected for table in read_tables(manifest, nodes.get(name) or {}))
    missing = {name: table for name, table in reads if table not in writes.values() and not declared_as(table, known)}
    if missing:
        raise UndeclaredModelInputError(_named(missing), inputs)


def _named(tables: Mapping[str, str]) -> dict[str, str]:
    """Tables by the name of their node, without the names of project and type."""
    return {name.rpartition(".")[2]: table for name, table in tables.items()}
