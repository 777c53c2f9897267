"""Cost of the run ledger: events per run, and the time that they take in an ingestion of 1,000 rows."""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa

from datalake_sdk.ledger import delivery, recording
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.reading import list_runs
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

ROWS = 1_000


def main() -> None:
    """Prints a Markdown table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="number of ingestions")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        job = NativePythonProcessingWrapper(local_root=Path(folder))
        figures = measured(job, runs)
    print("| run ledger, ingestion of 1,000 rows | |\n|---|---|")
    for name, value in figures.items():
        print(f"| {name} | {value} |")


def measured(job: NativePythonProcessingWrapper, runs: int) -> dict[str, str]:
    """Returns the figures by name."""
    rows = pa.table({"id": range(ROWS), "city": ["Lyon"] * ROWS})
    foreground = _Timed(recording.deliver)
    background = _Timed(delivery._Deliveries._write_event)
    recording.deliver = foreground
    delivery._Deliveries._write_event = lambda self, pending: background(self, pending)  # type: ignore[method-assign]
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        job.ingest("bench.rows", rows, "overwrite")
        seconds.append(time.perf_counter() - started)
    flush(60)
    started = time.perf_counter()
    page = list_runs(job.platform.run_events, limit=50)
    listed = time.perf_counter() - started
    events = len(background.seconds) / runs
    return {
        "events per run": f"{events:.1f}",
        "ms of an ingestion": f"{median(seconds) * 1000:.1f}",
        "of which ms to queue its events": f"{median(foreground.seconds) * events * 1000:.2f}",
        "ms to write them in the background": f"{median(background.seconds) * events * 1000:.2f}",
        f"ms to list {len(page.runs)} runs": f"{listed * 1000:.1f}",
    }


class _Timed:
    """Measures the calls of a function."""

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self.seconds: list[float] = []

    def __call__(self, *arguments: object) -> None:
        started = time.perf_counter()
        self._function(*arguments)
        self.seconds.append(time.perf_counter() - started)


if __name__ == "__main__":
    main()
