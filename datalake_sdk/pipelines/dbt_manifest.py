"""The nodes of a dbt project, from its manifest, as in pipeline_factory/modules/dbt_models.

https://docs.getdbt.com/reference/artifacts/manifest-json
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITTEN_TYPES = ("model", "seed", "snapshot")
SCHEMA_VERSION = "https://schemas.getdbt.com/dbt/manifest/v12.json"
TESTS = "tests"
"""Name of the task of tests that do not belong to a single table."""
_STRATEGY_MODES = {"merge": "upsert", "insert_overwrite": "overwrite_partitions", "microbatch": "overwrite_partitions"}
# https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields
_SNAPSHOT_KEY = "dbt_scd_id"


@dataclass(frozen=True)
class WrittenTable:
    """A table of a node: its name, and how the node writes it."""

    name: str
    ingestion_mode: str
    upsert_keys: tuple[str, ...]


@dataclass(frozen=True)
class NodeTask:
    """A part of a project that one task builds.

    Args:
        name: Name of the node with its version, or `tests`.
        select: Option `--select` of `dbt build`.
        indirect_selection: Option `--indirect-selection` of `dbt build`.
        input_tables: Tables that the nodes read, directly or through ephemeral models.
        output: Table that the node writes; None for tests.
    """

    name: str
    select: str
    indirect_selection: str
    input_tables: tuple[str, ...]
    output: WrittenTable | None = None


def node_tasks(manifest: Mapping[str, Any]) -> list[NodeTask]:
    """Returns a task for each node that has a table, with the tests of only that table, and one for all other tests."""
    nodes = manifest["nodes"]
    written = {name for name, node in nodes.items() if is_written(node)}
    tests = {name: node for name, node in nodes.items() if node["resource_type"] == "test"}
    tests |= manifest.get("unit_tests") or {}
    shared = {name: test for name, test in tests.items() if not _is_of_one(_parents(test), written)}
    tasks = [_node_task(manifest, nodes[name]) for name in sorted(written)]
    if shared:
        selected = " ".join(sorted(test["name"] for test in shared.values()))
        read = sorted({table for test in shared.values() for table in read_tables(manifest, test)})
        tasks.append(NodeTask(TESTS, selected, "empty", tuple(read)))
    return tasks


def _is_of_one(parents: Sequence[str], written: set[str]) -> bool:
    return len(parents) == 1 and parents[0] in written


def _node_task(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> NodeTask:
    version = node.get("version")
    return NodeTask(
        name=node["name"] if version is None else f"{node['name']}_v{version}",
        select=f"{'.'.join(node['fqn'])},file:{Path(node['original_file_path']).name}",
        indirect_selection="cautious",
        input_tables=tuple(sorted(set(read_tables(manifest, node)))),
        output=_written_table(node),
    )


def _written_table(node: Mapping[str, Any]) -> WrittenTable:
    config = node["config"]
    given = config.get("unique_key") or ()
    keys = (given,) if isinstance(given, str) else tuple(given)
    if config["materialized"] == "snapshot":
        return WrittenTable(table_of(node), "upsert", (_SNAPSHOT_KEY,))
    if config["materialized"] != "incremental":
        return WrittenTable(table_of(node), "overwrite", ())
    strategy = config.get("incremental_strategy") or ("merge" if keys else "append")
    mode = _STRATEGY_MODES.get(strategy, "append")
    return WrittenTable(table_of(node), mode, keys if mode == "upsert" else ())


def is_written(node: Mapping[str, Any]) -> bool:
    """Whether a node has a table."""
    return node["resource_type"] in WRITTEN_TYPES and node["config"]["materialized"] != "ephemeral"


def table_of(node: Mapping[str, Any]) -> str:
    """Returns `database.table` of a node or source."""
    return f"{node['schema']}.{node.get('identifier') or node.get('alias') or node['name']}"


def read_tables(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[str]:
    """Yields the tables that a node reads, directly or through ephemeral models."""
    for parent in _parents(node):
        found = manifest["sources"].get(parent) or manifest["nodes"].get(parent)
        if found is None:
            continue
        if found["resource_type"] == "source" or is_written(found):
            yield table_of(found)
        else:
            yield from read_tables(manifest, found)


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys((node.get("depends_on") or {}).get("nodes", ())))
