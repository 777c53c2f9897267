"""Times the pages of the catalogue of a lake with many tables and runs: seconds until the first byte of the answer.

python -m benchmark.ui --tables 1000 --runs 100000
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow as pa

from datalake_sdk.ledger.compacted_days import compact_day
from datalake_sdk.ledger.delivery import encoded
from datalake_sdk.ledger.model import Cost, Event, EventType, Input, Job, Output, Parent, Run, RunKind, run_id_of
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.local.sqlite import CATALOG_FILE, CatalogFile
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionRequest, TableName

COLUMNS, DATABASES, PIPELINES, TASKS = 30, 20, 50, 3
DAYS = 100
MEASUREMENTS = 5


def main() -> None:
    """Prints the time of each page, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lake"
        platform = open_platform(resolve_environment(None, None, None, local_root=root))
        names = add_tables(platform, root, arguments.tables)
        last = add_runs(platform, names, arguments.runs)
        with served(root) as address:
            times = measured(address, pages(names, last))
    print(f"| {arguments.tables:,} tables, {arguments.runs:,} runs | first request, ms | later requests, ms | kB |")
    print("|---|---|---|---|")
    for page, (first, later, size) in times.items():
        print(f"| {page} | {first * 1000:.0f} | {later * 1000:.0f} | {size / 1000:.0f} |")


def pages(names: Sequence[str], last: Run) -> dict[str, str]:
    """Returns the paths of the measured pages, by their names."""
    position = Event(EventType.START, last.started, last).key.run
    return {
        "tables": "/",
        "tables, last page": f"/tables/page/{-(-len(names) // 50)}",
        "table": f"/tables/{names[0]}",
        "changes": f"/tables/{names[0]}/changes",
        "runs": "/runs",
        "runs, oldest": "/runs/before/20000101T000000.000000Z_x",
        "runs, filtered": "/runs?state=failed",
        "run": f"/runs/{position}",
        "pipelines": "/pipelines",
        "pipeline": f"/pipelines/{last.job.pipeline}",
        "lineage": "/lineage",
        "lineage of a table": f"/lineage/{names[0]}",
        "cost": "/cost",
        "search": "/search?q=amount",
    }


def add_tables(platform: Platform, root: Path, count: int) -> list[str]:
    """Adds tables with the metadata of a small one, and returns their names."""
    rows = pa.table({f"column_{number}": [number] for number in range(COLUMNS)})
    for _ in range(2):
        ingest(platform, IngestionRequest(TableName("bench", "template")), rows)
    template = platform.catalog.load_table("dev_bench.template")
    file = Path(template.metadata_location.removeprefix("file://"))
    metadata, statements, names = json.loads(file.read_text()), [], []
    for number in range(count):
        database, name = f"domain_{number % DATABASES:02}", f"table_{number:05}"
        copy = file.with_name(f"{name}.metadata.json")
        copy.write_text(json.dumps({**metadata, "table-uuid": str(uuid4())}))
        values = ("glue_catalog", f"dev_{database}", name, f"file://{copy}")
        statements.append(("INSERT INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'TABLE')", values))
        names.append(f"{database}.{name}")
    assert (root / CATALOG_FILE).exists()
    CatalogFile(root).write(*statements)
    platform.catalog.drop_table("dev_bench.template")
    return sorted(names)


def add_runs(platform: Platform, names: Sequence[str], count: int) -> Run:
    """Adds executions of pipelines of three tasks over 100 days, compacted but for the last day; returns the last."""
    executions = max(count // (TASKS + 1), 1)
    step = timedelta(days=DAYS) / executions
    start = datetime.now(UTC) - timedelta(days=DAYS)
    day = _Day(platform)
    for number in range(executions):
        run = _execution(day, names, number, start + number * step)
    day.flush(is_compacted=False)
    return run


def _execution(day: _Day, names: Sequence[str], number: int, started: datetime) -> Run:
    name = f"pipeline_{number % PIPELINES:02}"
    execution = Run(run_id_of(str(number)), Job(RunKind.PIPELINE, name, name), started, started, execution=str(number))
    day.add(Event(EventType.START, started, execution))
    run = execution
    for task in range(TASKS):
        begin = started + timedelta(seconds=60 * task)
        job = Job(RunKind.TASK, f"{name}.task_{task}", name, f"task_{task}")
        run = Run(run_id_of(str(number), str(task)), job, begin, started, Parent(execution.id, name), str(number))
        first = (number % PIPELINES) * TASKS + task
        inputs = (Input("dev_" + names[first % len(names)], 1),)
        outputs = (Output("dev_" + names[(first + 1) % len(names)], 2, 1_000, 50_000, 1),)
        day.add(Event(EventType.START, begin, run, inputs))
        has_failed = number % 10 == 0 and task == TASKS - 1
        kind = EventType.FAIL if has_failed else EventType.COMPLETE
        day.add(Event(kind, begin + timedelta(seconds=50), run, inputs, outputs, cost=Cost(50.0, 1.0, 2048, 10**8)))
    day.add(Event(EventType.COMPLETE, started + timedelta(seconds=180), execution, cost=Cost(180.0)))
    return run


class _Day:
    """The events of one day, in memory until the next day begins."""

    def __init__(self, platform: Platform) -> None:
        self._store, self._environment = platform.run_events, platform.environment.name
        self._day = ""
        self._objects: dict[str, bytes] = {}

    def add(self, event: Event) -> None:
        if event.key.day != self._day:
            self.flush(is_compacted=True)
            self._day = event.key.day
        self._objects[str(event.key)] = encoded(to_openlineage(event, self._environment, self._store.table_identity))

    def write(self, _day: str, name: str, content: bytes) -> bool:
        self._objects[name] = content
        return True

    def flush(self, *, is_compacted: bool) -> None:
        if is_compacted and self._objects:
            compact_day(self, self._day)
        for name, content in self._objects.items():
            self._store.write(self._day, name, content)
        self._objects = {}

    def names(self, _day: str, _before: str = "") -> Iterator[str]:
        return iter([name for name in self._objects if name.endswith(".json")])

    def compacted(self, _day: str) -> list[str]:
        return []

    def read(self, _day: str, names: Sequence[str]) -> list[bytes]:
        return [self._objects[name] for name in names]

    def remove(self, _day: str, names: Sequence[str]) -> None:
        for name in names:
            del self._objects[name]


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Starts `datalake_sdk ui` on a free port and returns its address."""
    program = [str(Path(sys.executable).with_name("datalake_sdk")), "--local", str(root), "ui", "--port", "0"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().strip()
        finally:
            process.terminate()


def measured(address: str, paths: dict[str, str]) -> dict[str, tuple[float, float, int]]:
    """Returns the seconds of the first request, the median of later ones, and the size of the page, by page.

    The server starts with reading the latest runs and the columns of all tables, which slows down the first requests.
    """
    _seconds(address, "/static/icon.svg")
    first = {page: _seconds(address, path) for page, path in paths.items()}
    later = {page: [_seconds(address, path)[0] for _ in range(MEASUREMENTS)] for page, path in paths.items()}
    return {page: (first[page][0], median(later[page]), first[page][1]) for page in paths}


def _seconds(address: str, path: str) -> tuple[float, int]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    start = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    seconds = time.perf_counter() - start
    size = len(answer.read())
    connection.close()
    assert answer.status == 200, f"{path}: {answer.status}"
    return seconds, size


if __name__ == "__main__":
    main()
