"""Peak memory and time of writes with different numbers of threads, including more than the machine has CPUs."""

from __future__ import annotations

from benchmark.harness import Side, argument_parser, call, compare, made


def main() -> None:
    """Prints a table for each kind of write."""
    parser = argument_parser(__doc__, 2_000_000)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 4, 16], help="numbers of threads (2 4 16)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        changes = rows // 5
        table = made("parquet_file", rows)
        writes: dict[str, tuple[object, ...]] = {
            "append of CSV": ("append", made("csv_file", rows)),
            "append of Parquet": ("append", table),
            "append of CSV to 400 shuffled partitions": ("append", made("csv_file", rows, 400, True), ["dt"]),
            f"upsert of {changes:,} rows": ("upsert", made("changes_file", rows, changes, changes // 2), ["id"]),
        }
        for name, write in writes.items():
            setup = call("sides.datalake_sdk.append", table) if write[0] == "upsert" else None
            sides = [
                Side(
                    f"{threads} threads",
                    call("sides.datalake_sdk.with_threads", threads, *write),
                    "datalake_sdk",
                    setup,
                )
                for threads in arguments.threads
            ]
            compare(f"{name}, {rows:,} rows", sides, arguments, rows + changes - changes // 2 if setup else rows)


if __name__ == "__main__":
    main()
