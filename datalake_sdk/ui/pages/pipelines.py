"""Pipelines: their last runs, and the order of their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from datalake_sdk.graphs.model import Edge, Graph, Node
from datalake_sdk.graphs.svg import svg
from datalake_sdk.ledger.model import RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState
from datalake_sdk.ui.page import Links, Page
from datalake_sdk.ui.pages.runs import RunRow, run_row
from datalake_sdk.ui.reader import LakeReader

RUNS_SHOWN = 30


@dataclass(frozen=True)
class JobRow:
    """A pipeline or a task, and its last thirty runs, newest first."""

    name: str
    runs: tuple[RunRow, ...]

    @property
    def succeeded(self) -> int:
        """Number of runs that succeeded."""
        return sum(run.state is RunState.SUCCEEDED for run in self.runs)

    @property
    def tallest(self) -> float:
        """Duration of the longest run in seconds, at least 1."""
        return max((run.seconds or 0 for run in self.runs), default=0) or 1


@dataclass(frozen=True)
class PipelinesModel:
    """All pipelines.

    Args:
        rows: Pipelines, sorted by name.
        is_complete: Whether all recent runs have been read.
    """

    rows: tuple[JobRow, ...]
    is_complete: bool


@dataclass(frozen=True)
class PipelineModel:
    """One pipeline.

    Args:
        row: Its last runs.
        tasks: Tasks that ran.
        latest: The latest run of each task.
        prefix: Prefix of the databases of the stage.
        existing: Names of the tables that exist.
    """

    row: JobRow
    tasks: tuple[JobRow, ...]
    latest: tuple[RecordedRun, ...]
    prefix: str
    existing: frozenset[str]

    def graph(self, links: Links) -> Markup:
        """Draws tasks and the tables that they read and write, as SVG."""
        names = sorted({table for run in self.latest for table in run.tables})
        addresses = {
            name: links.to("tables", name.removeprefix(self.prefix)) for name in names if name in self.existing
        }
        return Markup(svg(task_graph(self.latest, self.prefix, addresses), has_style=False))


def pipelines_page(reader: LakeReader) -> Page:
    """Returns the list of pipelines that ran recently.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    latest = reader.recent_runs()
    rows = tuple(_pipeline(name, runs) for name, runs in latest.by_pipeline.items())
    return Page(("pipelines",), "pipelines", "Pipelines", "pipelines", PipelinesModel(rows, latest.is_complete))


def pipeline_page(reader: LakeReader, name: str) -> Page | None:
    """Returns the page of a pipeline; None if it has no recent run.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    runs = reader.recent_runs().by_pipeline.get(name, ())
    if not runs:
        return None
    tasks = sorted({run.run.job.task for run in runs if run.run.job.task})
    of_tasks = [[run for run in runs if run.run.job.task == task] for task in tasks]
    rows = tuple(JobRow(task, _rows(of_task)) for task, of_task in zip(tasks, of_tasks, strict=True))
    prefix = reader.platform.environment.database_prefix
    latest = tuple(of_task[0] for of_task in of_tasks)
    model = PipelineModel(_pipeline(name, runs), rows, latest, prefix, reader.existing())
    return Page(("pipelines", name), "pipeline", name, "pipelines", model)


def task_graph(runs: Sequence[RecordedRun], prefix: str, addresses: Mapping[str, str]) -> Graph:
    """Returns the graph of jobs and tables.

    Args:
        runs: One run of each job.
        prefix: Prefix of the databases of the stage, which is removed from the names.
        addresses: Addresses of the pages of tables.
    """
    tables = sorted({table for run in runs for table in run.tables})
    nodes = [Node(f"job {run.run.job.name}", run.run.job.task or run.run.job.name, "task") for run in runs]
    nodes += [Node(f"table {table}", table.removeprefix(prefix), "table", addresses.get(table, "")) for table in tables]
    edges: list[Edge] = []
    for run in runs:
        job = f"job {run.run.job.name}"
        edges += [Edge(f"table {each.name}", job) for each in run.inputs if each.name in run.tables]
        edges += [Edge(job, f"table {each.name}") for each in run.outputs if each.name in run.tables]
    return Graph(nodes, edges)


def _pipeline(name: str, runs: Iterable[RecordedRun]) -> JobRow:
    return JobRow(name, _rows([run for run in runs if run.run.job.kind is RunKind.PIPELINE]))


def _rows(runs: Sequence[RecordedRun]) -> tuple[RunRow, ...]:
    return tuple(map(run_row, runs[:RUNS_SHOWN]))
