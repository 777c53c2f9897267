"""Commands on a table of 100,000 data files in 2,000 partitions and 500 manifests, of which they use one partition."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmark.harness import Command, Side, argument_parser, call, compare, run
from benchmark.sides.large_table import ROWS_PER_FILE, Shape, batch

TABLE = ("--database-name", "bench", "--table-name", "rows")


def main() -> None:
    """Prints a table for each command."""
    parser = argument_parser(__doc__, 1_000)
    parser.add_argument("--files", type=int, nargs="+", default=[100_000], help="data files (100,000 by default)")
    parser.add_argument("--days", type=int, default=2_000, help="days, and partitions by `dt` (2,000 by default)")
    parser.add_argument("--manifests", type=int, default=500, help="manifests (500 by default)")
    parser.add_argument("--partition-key", default="dt", help="dt (default), day(ts) or bucket(2000, id)")
    parser.add_argument("--maintenance", action="store_true", help="only maintenance, of a table whose files exist")
    arguments = parser.parse_args()
    for files in arguments.files:
        shape = Shape(files, arguments.days, arguments.manifests, arguments.partition_key)
        lake = _Lake(shape, arguments.maintenance)
        lake.build()
        if arguments.maintenance:
            _maintain(lake, arguments)
        else:
            _use(lake, arguments)


def _use(lake: _Lake, arguments: argparse.Namespace) -> None:
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as folder:
            _write(lake, arguments, rows, batch(folder, lake.shape, rows))
    condition = f"id >= {(lake.shape.days - 1) * lake.shape.rows_per_day + ROWS_PER_FILE}"
    sides = [
        Side("datalake_sdk", lake.command("query", f"SELECT count(*) FROM dev_bench.rows WHERE {condition}")),
        Side("pyiceberg scan", lake.peer("count_in_lake", condition)),
    ]
    compare(f"query of one partition of {lake.shape.files:,} files", sides, arguments)
    for name, words in {"list_tables": (), "describe_table": TABLE, "delete_table": (*TABLE, "--yes")}.items():
        compare(
            f"{name} with {lake.shape.files:,} files", [Side("datalake_sdk", lake.command(name, *words))], arguments
        )


def _write(lake: _Lake, arguments: argparse.Namespace, rows: int, path: str) -> None:
    files = f"{lake.shape.files:,} files"
    ingest = ("ingest", *TABLE, "--input-file-path", path, "--ingestion-mode")
    for keys in ("id,dt", "id"):
        sides = [Side("datalake_sdk", lake.command(*ingest, "upsert", "--upsert-keys", keys))]
        if keys != "id":
            # pyiceberg compares at most 200 keys with the bounds of a file, and would read all files by `id`.
            peer = lake.peer("upsert_into_lake", path, keys.split(","))
            sides.append(Side("pyiceberg upsert", peer, most_runs=1))
        compare(f"upsert of {rows:,} rows into one partition of {files}, by {keys}", sides, arguments)
    sides = [
        Side("datalake_sdk", lake.command(*ingest, "append")),
        Side("pyiceberg append", lake.peer("append_to_lake", path)),
    ]
    compare(f"append of {rows:,} rows to {files}", sides, arguments)


def _maintain(lake: _Lake, arguments: argparse.Namespace) -> None:
    side = Side("datalake_sdk", lake.command("maintain_table", *TABLE, "--force"))
    compare(f"maintenance of {lake.shape.files:,} files in {lake.shape.manifests:,} manifests", [side], arguments)


@dataclass(frozen=True)
class _Lake:
    """A lake with a table of one shape, in a folder that is kept for further runs."""

    shape: Shape
    stored: bool

    @property
    def folder(self) -> Path:
        """Always the same folder: metadata contain absolute paths."""
        name = "-".join("".join(filter(str.isalnum, str(part))) for part in (*astuple(self.shape), self.stored))
        return Path(tempfile.gettempdir(), "datalake-sdk-benchmark", f"large-{name}")

    def build(self) -> None:
        """Builds the lake, unless it exists."""
        if not self._pristine.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            run(call("sides.large_table.build", *astuple(self.shape), self.stored)(self.folder))
            self.folder.rename(self._pristine)

    def command(self, *words: str) -> Command:
        """A command of `datalake_sdk` on the restored lake."""
        program = str(Path(sys.executable).with_name("datalake_sdk"))
        return lambda _: [program, "--local", str(self._restored()), *words]

    def peer(self, function: str, *arguments: object) -> Command:
        """A function of the pyiceberg side on the restored lake."""
        return lambda _: call(f"sides.pyiceberg.{function}", *arguments)(self._restored())

    @property
    def _pristine(self) -> Path:
        return self.folder.with_suffix(".pristine")

    def _restored(self) -> Path:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._pristine, self.folder)
        return self.folder


if __name__ == "__main__":
    main()
