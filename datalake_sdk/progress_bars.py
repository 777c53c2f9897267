"""Progress bars in terminals and notebooks; nothing is drawn where neither is attached."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from datalake_sdk.errors import counted

if TYPE_CHECKING:
    from datalake_sdk.engine.writer import Progress
    from datalake_sdk.operations.backfill.statuses import DateStatus
    from datalake_sdk.operations.migration.plan import TableMigration


@contextmanager
def ingestion_progress() -> Iterator[Callable[[Progress], None] | None]:
    """Draws a bar of the bytes read, or of the rows written if the size of the input is unknown.

    The bar appears with the first update: an engine that reports nothing draws nothing.

    Yields:
        A function that updates the bar; None if no bar is drawn.
    """
    if not _is_interactive():
        yield None
        return
    with ExitStack() as stack:
        bars: list[Any] = []

        def update(progress: Progress) -> None:
            knows_size = progress.total_bytes is not None
            if not bars:
                unit = {"unit": "B", "unit_divisor": 1024} if knows_size else {"unit": " rows"}
                bars.append(stack.enter_context(_bar(total=progress.total_bytes, **unit)))
            (bar,) = bars
            bar.n = progress.bytes_read if knows_size else progress.rows
            if knows_size:
                bar.set_postfix_str(f"{progress.rows:,} rows", refresh=False)
            bar.update(0)

        yield update


@contextmanager
def extraction_progress() -> Iterator[Callable[[int], None] | None]:
    """Draws the number of rows that a source has returned.

    Yields:
        A function that takes the number of further rows; None if nothing is drawn.
    """
    if not _is_interactive():
        yield None
        return
    with _bar(unit=" rows", desc="extracted") as bar:
        yield bar.update


@contextmanager
def migration_progress(migrations: Sequence[TableMigration]) -> Iterator[Callable[[TableMigration, int], None]]:
    """Draws a bar of the rows of all tables.

    Yields:
        A function that takes a table and the number of further rows written; it may be called from any thread.
    """
    if not _is_interactive():
        yield lambda migration, rows: None
        return
    with _bar(unit=" rows", total=sum(migration.rows for migration in migrations)) as bar:

        def update(migration: TableMigration, rows: int) -> None:
            table = migrations.index(migration) + 1
            bar.set_description_str(f"{migration.target} ({table} of {len(migrations)})", refresh=False)
            bar.update(rows)

        yield update


@contextmanager
def pipeline_progress(tasks: Sequence[str]) -> Iterator[PipelineProgress]:
    """Shows the states of tasks: in a terminal that has the lines, one for each task, otherwise one for each change.

    Args:
        tasks: Names of the tasks that are known beforehand, in order.
    """
    if not _is_interactive() or not _has_lines_for(tasks):
        yield _PrintedProgress()
        return
    with ExitStack() as stack:
        yield _DrawnProgress(tasks, stack)


@contextmanager
def backfill_progress(count: int) -> Iterator[Callable[[DateStatus], None]]:
    """Prints the states of logical dates, above a bar of the dates that have ended in a terminal.

    Args:
        count: Number of dates.

    Yields:
        A function that takes the status of a date; it may be called from any thread.
    """
    if not _is_interactive():
        yield lambda status: _print_line(_date_line(status))
        return
    with _bar(unit=" dates", total=count) as bar:

        def update(status: DateStatus) -> None:
            if status.seconds is not None:
                print_above_bars(_date_line(status))
                bar.update(1)

        yield update


def _date_line(status: DateStatus) -> str:
    return f"{status.date}: {status.state}{_figures(status.rows, status.seconds)}"


class StepStatus(Protocol):
    """Status of a task of a run, or of a state of an execution."""

    @property
    def task(self) -> str:
        """Name of the task or of the state."""

    @property
    def state(self) -> str:
        """Its state, for example `running`."""

    @property
    def rows(self) -> int | None:
        """Number of rows read for its output tables; None if unknown."""

    @property
    def iterations(self) -> tuple[int, int] | None:
        """Number of the iterations of a loop that have succeeded, and of all; None without a loop."""

    @property
    def started(self) -> float | None:
        """Monotonic time of its start, in seconds; None before."""

    @property
    def seconds(self) -> float | None:
        """Its duration once it has ended."""


class PipelineProgress(Protocol):
    """Shows the states of the tasks of a run."""

    def update(self, status: StepStatus) -> None:
        """Shows a change; called in any thread."""

    def log(self, task: str, line: str) -> None:
        """Shows a line of the log of a task."""

    def refresh(self) -> None:
        """Updates elapsed times."""


class _PrintedProgress:
    def update(self, status: StepStatus) -> None:
        _print_line(f"{_label(status)}: {_details(status)}")

    def log(self, task: str, line: str) -> None:
        _print_line(_log_line(task, line))

    def refresh(self) -> None:
        pass


class _DrawnProgress:
    def __init__(self, tasks: Sequence[str], stack: ExitStack) -> None:
        self._stack = stack
        self._bars: dict[str, Any] = {}
        self._statuses: dict[str, StepStatus | None] = dict.fromkeys(tasks)
        self.refresh()

    def update(self, status: StepStatus) -> None:
        self._statuses[status.task] = status

    def log(self, task: str, line: str) -> None:
        print_above_bars(_log_line(task, line))

    def refresh(self) -> None:
        statuses = self._statuses.copy()
        labels = {name: _label(status) if status else name for name, status in statuses.items()}
        width = max(map(len, labels.values()), default=0)
        for name, status in statuses.items():
            details = "waiting" if status is None else _details(status)
            self._bar_of(name).set_description_str(f"{labels[name]:{width}}  {details}")

    def _bar_of(self, name: str) -> Any:
        if name not in self._bars:
            bar = _bar(position=len(self._bars), bar_format="{desc}", total=0)
            self._bars[name] = self._stack.enter_context(bar)
        return self._bars[name]


def _log_line(task: str, line: str) -> str:
    return f"[{task}] {line}"


def _label(status: StepStatus) -> str:
    """Formats the name of a task, followed by the progress of its loop, such as `load[2/5]`."""
    return status.task if status.iterations is None else "{}[{}/{}]".format(status.task, *status.iterations)


def _details(status: StepStatus) -> str:
    """Formats state, rows and elapsed time, such as `succeeded, 6 rows, 1.2 s`."""
    seconds = status.seconds
    if seconds is None and status.started is not None and _is_interactive():
        seconds = monotonic() - status.started
    return f"{status.state}{_figures(status.rows, seconds)}"


def _figures(rows: int | None, seconds: float | None) -> str:
    return ("" if rows is None else f", {counted(rows, 'row')}") + ("" if seconds is None else f", {seconds:.1f} s")


def _print_line(line: str) -> None:
    """Prints a line in one call, which other threads do not interrupt."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def print_above_bars(line: str) -> bool:
    """Prints a line on stderr without breaking a bar that is being drawn.

    Returns:
        False if no bar has been drawn in this process; then nothing is printed.
    """
    if "tqdm" not in sys.modules:
        return False
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)
    return True


def _is_interactive() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _has_lines_for(tasks: Sequence[str]) -> bool:
    """Whether the terminal has a line for the bar of each task; tqdm hides the others."""
    try:
        return len(tasks) < os.get_terminal_size(sys.stderr.fileno()).lines
    except OSError:
        # The output of a notebook is not limited.
        return True


@contextmanager
def _bar(**options: Any) -> Iterator[Any]:
    from tqdm.auto import tqdm

    with tqdm(leave=False, dynamic_ncols=True, unit_scale=True, **options) as bar:
        yield bar
        bar.refresh()
