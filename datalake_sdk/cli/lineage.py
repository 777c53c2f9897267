"""`datalake_sdk lineage`: shows what a table or column is computed from, and what is computed from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.output import output_stream
from datalake_sdk.cli.printing import print_json

if TYPE_CHECKING:
    from datalake_sdk.operations.lineage import Lineage
    from datalake_sdk.operations.lineage.graph import LineageEdge, LineageGraph, LineageNode

_FORMATS = (".dot", ".svg")


@click.command("lineage", epilog=example("lineage sales.orders --up"))
@click.argument("name", metavar="TABLE[.COLUMN]")
@click.option("--up", "up", is_flag=True, help="Show only what it is computed from.")
@click.option("--down", "down", is_flag=True, help="Show only what is computed from it.")
@click.option(
    "--graph",
    "graph_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the graph to this file, .svg or .dot for Graphviz.",
)
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Use the jobs that ran within this number of days.",
)
@json_option
@click.pass_obj
def lineage(lake: Lake, name: str, up: bool, down: bool, graph_file: Path | None, days: int, as_json: bool) -> None:
    """Shows the tables and jobs that a table is computed from, and those computed from it, from the run ledger.

    TABLE is database.table, without the stage prefix. For a column, shows the columns that SQL tasks and dbt models
    compute it from, and those computed from it.
    """
    import_libraries()
    from datalake_sdk.operations.lineage import lineage

    if graph_file is not None and graph_file.suffix not in _FORMATS:
        raise click.BadParameter(f"'{graph_file}' must end with {' or '.join(_FORMATS)}.", param_hint="--graph")
    found = lineage(lake.open(), name, days=days, upstream=up or not down, downstream=down or not up)
    if graph_file is not None:
        _write_graph(found, graph_file)
    print_json(found.as_dict()) if as_json else _print(found)


def _write_graph(found: Lineage, file: Path) -> None:
    from datalake_sdk.graphs.dot import dot
    from datalake_sdk.graphs.svg import svg

    drawing = found.graph.drawing(found.root.id)
    with output_stream(file, "--graph") as stream:
        stream.write((svg(drawing) if file.suffix == ".svg" else dot(drawing)).encode())


def _print(found: Lineage) -> None:
    if found.upstream is not None:
        click.echo("computed from")
        _print_tree(found.root, found.upstream, is_upstream=True)
    if found.downstream is not None:
        click.echo("used by")
        _print_tree(found.root, found.downstream, is_upstream=False)
    if not found.graph.edges:
        click.echo(f"The run ledger has no job that reads or writes {found.root.name}. Try --days.", err=True)


def _print_tree(root: LineageNode, graph: LineageGraph, *, is_upstream: bool) -> None:
    click.echo(_label(root, None))
    for line in _tree(root.id, graph, is_upstream=is_upstream):
        click.echo(line)


def _tree(root: str, graph: LineageGraph, *, is_upstream: bool) -> Iterator[str]:
    """Yields the lines below a node; the nodes below one that occurs again are not repeated."""
    adjacent: dict[str, list[LineageEdge]] = {}
    for edge in graph.edges:
        adjacent.setdefault(edge.end if is_upstream else edge.start, []).append(edge)
    shown = {root}
    pending = _branches("", adjacent.get(root, ()))
    while pending:
        indent, edge, is_last = pending.pop()
        key = edge.start if is_upstream else edge.end
        is_repeated = key in shown and key in adjacent
        yield f"{indent}{'└── ' if is_last else '├── '}{_label(graph.nodes[key], edge)}{' …' if is_repeated else ''}"
        if key not in shown:
            shown.add(key)
            pending += _branches(indent + ("    " if is_last else "│   "), adjacent.get(key, ()))


def _branches(indent: str, edges: Sequence[LineageEdge]) -> list[tuple[str, LineageEdge, bool]]:
    """Returns indentation, edge and whether it is the last one, in reverse order."""
    return [(indent, edge, number == 0) for number, edge in enumerate(reversed(edges))]


def _label(node: LineageNode, edge: LineageEdge | None) -> str:
    notes = ["deleted"] if node.is_deleted else []
    notes += [f"run at {node.run_time}"] if node.run_time else []
    if edge is not None and edge.transformation:
        notes += [edge.transformation.lower(), edge.job]
    return f"{node.name} ({', '.join(notes)})" if notes else node.name
