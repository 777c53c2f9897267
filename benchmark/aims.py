"""The programs of `make bench`, with the aims that their tables are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.harness import PEAK, WALL, WORK


@dataclass(frozen=True)
class Aim:
    """An upper limit of a figure of `datalake_sdk`, or of its ratio to the fastest peer.

    Args:
        work: What is measured, in the words of the summary.
        table: Title of the table that contains the figure.
        limit: Maximum of the ratio; without peers, of the figure itself.
        figure: Name of the figure; its last word is the unit.
        side: Side of `datalake_sdk`.
        peers: Sides that the ratio is computed to, unless they are slower than another of them.
        in_readme: Whether the README of the repository shows the row.
    """

    work: str
    table: str
    limit: float
    figure: str = WALL
    side: str = "datalake_sdk"
    peers: tuple[str, ...] = ()
    in_readme: bool = False


@dataclass(frozen=True)
class Program:
    """A program of this package, its arguments, and its aims.

    Args:
        repeated: Whether it takes `--runs`, the number of runs of each side.
    """

    module: str
    arguments: tuple[str, ...] = ()
    aims: tuple[Aim, ...] = ()
    repeated: bool = True


DUCKDB_COPY = ("duckdb COPY",)
DELAYED_REQUESTS = "requests to AWS, 40 ms each, batches of 1,000 rows"
DELAYED = {"append": 1.5, "upsert, 1 of 100 files": 2.0, "list_tables, 300 tables": 2.0}
PROGRAMS = (
    Program(
        "startup",
        aims=(
            Aim(
                "start-up: ingest of 1,000 rows",
                "process start to exit, 1,000 rows",
                0.45,
                side="datalake_sdk ingest",
                in_readme=True,
            ),
            Aim("start-up: --help", "process start to exit, 1,000 rows", 0.1, side="datalake_sdk --help"),
        ),
    ),
    Program(
        "append_csv",
        ("--rows", "20000000", "--sides", "duckdb COPY", "pyiceberg"),
        (
            Aim("CSV, 20M rows", "CSV append, 20,000,000 rows", 0.7, peers=DUCKDB_COPY, in_readme=True),
            Aim("CSV, 20M rows: memory", "CSV append, 20,000,000 rows", 600, PEAK),
            Aim("CSV, 20M rows, to pyiceberg", "CSV append, 20,000,000 rows", 0.7, peers=("pyiceberg append",)),
        ),
    ),
    Program(
        "wide_csv",
        ("--sides", "duckdb COPY"),
        tuple(
            Aim(label, f"CSV append, {rows} rows of {columns} columns", limit, figure, peers=peers)
            for rows, columns in (("500,000", "50"), ("50,000", "500"), ("12,500", "2,000"))
            for label, limit, figure, peers in (
                (f"CSV, 25M values in {columns} columns", 1.0, WALL, DUCKDB_COPY),
                (f"CSV, 25M values in {columns} columns: memory", 400, PEAK, ()),
            )
        ),
    ),
    Program(
        "append_parquet",
        ("--rows", "20000000", "--sides", "duckdb COPY", "pyiceberg"),
        (Aim("Parquet, 20M rows", "Parquet append, 20,000,000 rows", 0.75, peers=DUCKDB_COPY),),
    ),
    Program(
        "append_json",
        ("--sides", "duckdb COPY"),
        (Aim("JSON Lines, 5M rows", "JSON Lines append, 5,000,000 rows", 1.0, peers=DUCKDB_COPY),),
    ),
    Program(
        "append_partitioned",
        ("--sides", "duckdb PARTITION_BY"),
        tuple(
            Aim(
                f"partitioned append, 5M rows, {label}",
                f"partitioned append, 5,000,000 rows, {dates} dates",
                1.0,
                peers=("duckdb PARTITION_BY",),
                in_readme=dates == "400-shuffled",
            )
            for dates, label in {"30": "30 dates", "400": "400 dates", "400-shuffled": "400 dates, shuffled"}.items()
        ),
    ),
    Program(
        "upsert",
        ("--changes", "100000", "--sides", "duckdb", "deltalake"),
        (
            Aim(
                "upsert of 100k into 5M rows",
                "upsert of 100,000 into 5,000,000 rows, random, by id",
                1.0,
                WORK,
                peers=("duckdb MERGE", "deltalake merge"),
                in_readme=True,
            ),
        ),
    ),
    Program(
        "upsert",
        ("--rows", "20000000", "--changes", "10000", "--sides", "duckdb", "--tail"),
        (
            Aim(
                "upsert of 10k at the end of 20M rows",
                "upsert of 10,000 into 20,000,000 rows, the last, by id",
                0.5,
                WORK,
                peers=("duckdb MERGE",),
            ),
        ),
    ),
    Program(
        "contracts",
        aims=(
            Aim(
                "append of 20M rows with 20 checks, CPU",
                "Parquet append, 20,000,000 rows",
                1.25,
                "CPU s",
                "20 checks",
                ("no contract",),
            ),
        ),
    ),
    Program(
        "read",
        ("--sides", "duckdb"),
        (
            Aim(
                "aggregate over 20M rows",
                "aggregate over 20,000,000 rows",
                1.2,
                WORK,
                peers=("duckdb on the bare files",),
                in_readme=True,
            ),
        ),
    ),
    Program(
        "round_trips",
        aims=tuple(
            Aim(f"{operation}, 40 ms per request", DELAYED_REQUESTS, limit, "difference s", operation)
            for operation, limit in {
                "append": 1.5,
                "upsert, 1 of 100 files": 2.0,
                "list_tables, 300 tables": 2.0,
            }.items()
        ),
    ),
)
