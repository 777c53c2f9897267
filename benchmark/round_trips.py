"""Requests to AWS: counts and explains those of each operation, and measures it with a delay of every request."""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmark.aws_operations import OPERATIONS, TracedRun, operations
from benchmark.harness import argument_parser
from benchmark.records import record

DELAY_SECONDS = 0.04
DIFFERENCE = "difference s"
_KINDS = (
    (r"\.metadata\.json$", "metadata file"),
    (r"/snap-[^/]*\.avro$", "manifest list"),
    (r"\.avro$", "manifest"),
    (r"-deletes\.parquet$", "delete file"),
    (r"\.parquet$", "data file"),
    (r"_(START|COMPLETE)\.json$", "event"),
    (r"/athena/", "result"),
)
"""Objects by their keys."""
_REASONS = {
    "GetDatabases": "names of the databases",
    "GetTables": "100 tables and the locations of their metadata files",
    "GetTable": "location of the metadata file; in a commit, the version to replace",
    "CreateTable": "commit: creates the table, if it does not exist",
    "UpdateTable": "commit: replaces the metadata file, if the version is still the same",
    "GetObject metadata file": "schema, properties and snapshots",
    "GetObject manifest list": "manifests of the current snapshot",
    "GetObject manifest": "files of the table and their statistics",
    "GetObject data file": "rows; the footer and all rows of a small file at once",
    "GetObject result": "rows of the result of the query",
    "HeadObject result": "size of a file of the result",
    "PutObject data file": "new rows",
    "PutObject delete file": "positions of the replaced rows",
    "PutObject manifest": "files that the commit adds and removes",
    "PutObject manifest list": "manifests of the new snapshot",
    "PutObject metadata file": "metadata with the new snapshot",
    "PutObject event": "start or end of the run, in the run ledger",
    "GetCallerIdentity": "account, which is part of the names of tables in the run ledger",
    "StartQueryExecution": "starts a query: for the types of its columns, then for its rows",
    "GetQueryExecution": "state of the query, until it ends",
    "GetQueryResults": "names and types of the columns",
    "ListObjectsV2": "files of the result of the query",
    "DeleteObjects": "removes the files of the result",
    "SendTaskSuccess": "callback: ends the state of the task",
}
"""Why a request is made, by operation and object."""


def main() -> None:
    """Prints a summary, then the requests of each operation."""
    parser = argument_parser(__doc__, 1_000)
    parser.add_argument(
        "--operations", nargs="+", default=[""], help="only operations whose names contain one of these"
    )
    arguments = parser.parse_args()
    chosen = [name for name in OPERATIONS if any(part in name for part in arguments.operations)]
    for rows in arguments.rows:
        immediate, delayed = _measured(chosen, rows, arguments.runs)
        title = f"requests to AWS, {DELAY_SECONDS * 1000:.0f} ms each, batches of {rows:,} rows"
        figures = {name: _figures(immediate[name], delayed[name]) for name in chosen}
        print(_summary(title, figures, arguments.runs))
        record(title, figures, {})
        for name in chosen:
            print(_requests_table(name, delayed[name][0].requests))


def sequential(requests: Sequence[Mapping[str, Any]]) -> int:
    """Returns the length of the longest chain of requests of which none was sent before the previous one's answer."""
    return len(_chain(requests))


def _measured(
    names: Sequence[str], rows: int, runs: int
) -> tuple[dict[str, list[TracedRun]], dict[str, list[TracedRun]]]:
    """Runs operations in turn without and with the delay."""
    immediate: dict[str, list[TracedRun]] = {name: [] for name in names}
    delayed: dict[str, list[TracedRun]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as folder, operations(Path(folder), rows) as own:
        for _ in range(runs):
            for name in names:
                immediate[name].append(OPERATIONS[name](own, 0.0))
                delayed[name].append(OPERATIONS[name](own, DELAY_SECONDS))
    return immediate, delayed


def _figures(immediate: Sequence[TracedRun], delayed: Sequence[TracedRun]) -> dict[str, float]:
    without, slowed = (statistics.median(run.seconds for run in runs) for runs in (immediate, delayed))
    pairs = zip(immediate, delayed, strict=True)
    return {
        "requests": statistics.median(len(run.requests) for run in delayed),
        "sequential": statistics.median(sequential(run.requests) for run in delayed),
        "connections": statistics.median(len({each["connection"] for each in run.requests}) for run in delayed),
        "0 ms s": without,
        "40 ms s": slowed,
        DIFFERENCE: statistics.median(slow.seconds - fast.seconds for fast, slow in pairs),
    }


def _summary(title: str, figures: Mapping[str, Mapping[str, float]], runs: int) -> str:
    head = f"| {title} | requests | sequential | connections | wall s, 0 ms | wall s, 40 ms | difference s | runs |"
    lines = [head, "|---" * 8 + "|"]
    for name, found in figures.items():
        cells = [f"{value:.0f}" if number < 3 else f"{value:.2f}" for number, value in enumerate(found.values())]
        lines.append(f"| {' | '.join([name, *cells, str(runs)])} |")
    return "\n".join(lines) + "\n"


def _requests_table(name: str, requests: Sequence[Mapping[str, Any]]) -> str:
    """Formats requests; those with the same number do not wait for each other."""
    lines = [f"| {name} | service | request | object | why | count |", "|---" * 6 + "|"]
    for number, together in groupby(requests, lambda request: _position(request, _chain(requests))):
        counts = Counter((each["service"], each["operation"], kind_of(each)) for each in together)
        for (service, operation, kind), count in counts.items():
            why = reason(operation, kind)
            lines.append(f"| {number} | {service} | {operation} | {kind} | {why} | {count} |")
    return "\n".join(lines) + "\n"


def kind_of(request: Mapping[str, Any]) -> str:
    """Returns the kind of the object of a request to S3; empty for other requests."""
    if request["service"] != "s3":
        return ""
    return next((kind for pattern, kind in _KINDS if re.search(pattern, request["path"])), "")


def reason(operation: str, kind: str) -> str:
    """Returns why a request is made; exits if the reason is unknown."""
    found = _REASONS.get(f"{operation} {kind}".strip())
    return found or sys.exit(f"no reason is known for the request {operation} {kind}")


def _chain(requests: Sequence[Mapping[str, Any]]) -> list[float]:
    """Returns the times at which the requests of a longest chain were answered."""
    ends: list[float] = []
    for request in sorted(requests, key=lambda request: request["end"]):
        if not ends or request["start"] >= ends[-1]:
            ends.append(request["end"])
    return ends


def _position(request: Mapping[str, Any], chain: Sequence[float]) -> int:
    return 1 + sum(end <= request["start"] for end in chain)


if __name__ == "__main__":
    main()
