"""`datalake_sdk query`: runs one SQL query."""

from __future__ import annotations

import sys
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.output import output_stream
from datalake_sdk.sizes import size_text

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import QueryStatistics

FORMATS = ("table", "csv", "json", "parquet")


@click.command("query", epilog=example('query "SELECT count(*) FROM {database_prefix}sales.orders"'))
@click.argument("sql", required=False)
@click.option(
    "-f",
    "--file",
    "sql_file",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Read the statement from FILE, or - for stdin.",
)
@click.option(
    "--format",
    "result_format",
    type=click.Choice(FORMATS),
    help="Output format.  [default: inferred from the extension of --output, otherwise a table of the first rows]",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE atomically.  [default: stdout]",
)
@click.pass_obj
def query(lake: Lake, sql: str | None, sql_file: TextIO | None, result_format: str | None, output: Path | None) -> None:
    """Runs one SELECT statement in Athena SQL and prints the result.

    Qualify tables with the stage prefix: dev_sales.orders or {database_prefix}sales.orders. FOR VERSION AS OF and FOR
    TIMESTAMP AS OF query earlier snapshots. On AWS, the duration, bytes scanned and estimated cost are printed to
    stderr.
    """
    statement = _statement(sql, sql_file)
    chosen = result_format or _format_of(output)
    _check_destination(chosen, output)

    import_libraries()
    from datalake_sdk.operations.query import query as run_query

    platform = lake.open()
    from datalake_sdk.cli import results

    reported: list[QueryStatistics] = []
    rows = run_query(platform, statement, reported.append)
    try:
        if chosen == "table":
            results.show_table(rows)
        else:
            if chosen == "json":
                _check_names(rows.schema.names)
            with output_stream(output) as stream:
                results.WRITERS[chosen](rows, stream)
    finally:
        # The traceback of an error would keep the connection until the process ends, when DuckDB reports it as leaked.
        del rows
    for statistics in reported:
        _show_statistics(statistics)


def _statement(sql: str | None, sql_file: TextIO | None) -> str:
    if sql is not None and sql_file is None:
        return sql
    if sql is None and sql_file is not None:
        try:
            return sql_file.read()
        except UnicodeDecodeError as error:
            raise click.UsageError(f"'{sql_file.name}' is not UTF-8: {error}") from None
    raise click.UsageError("Pass either SQL or -f FILE.")


def _format_of(output: Path | None) -> str:
    ending = output.suffix.removeprefix(".") if output else ""
    return ending if ending in FORMATS else "table"


def _check_destination(result_format: str, output: Path | None) -> None:
    if result_format == "table" and output:
        raise click.UsageError("--output needs --format csv, json or parquet; tables are printed to the terminal only.")
    if result_format == "parquet" and not output and sys.stdout.isatty():
        raise click.UsageError("--format parquet is binary: use --output FILE, or redirect stdout.")
    if output and not output.resolve().parent.is_dir():
        raise click.BadParameter(f"'{output.parent}' is not a folder: create it first.", param_hint="--output")


def _show_statistics(statistics: QueryStatistics) -> None:
    scanned, cost = size_text(statistics.scanned_bytes), ceil(statistics.cost * 1e4) / 1e4
    click.echo(f"[{statistics.seconds:.1f} s, {scanned} scanned, about ${cost:.4f}]", err=True)


def _check_names(names: list[str]) -> None:
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise click.UsageError(f"--format json needs unique column names: rename {', '.join(duplicates)} with AS.")
