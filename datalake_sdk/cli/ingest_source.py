"""`datalake_sdk ingest_source`: loads REST APIs, databases and files with dlt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.ingest import print_ingestion
from datalake_sdk.cli.input_options import reads_input
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.cli.source_arguments import json_or_text, named_values, secret, url
from datalake_sdk.dlt_sources.connectors import DISPOSITIONS, Files, Loading, RestApi, SqlDatabase
from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.progress_bars import extraction_progress, ingestion_progress
from datalake_sdk.settings import TableName, parse_keys

if TYPE_CHECKING:
    from datalake_sdk.dlt_sources.source_loads import SourceLoads
    from datalake_sdk.operations.ingest import IngestionResult


@click.group("ingest_source")
def ingest_source() -> None:
    """Loads a REST API, a database or files; a repeated load continues at the last loaded cursor value.

    Secrets are read from environment variables, never from arguments.
    """


_CURSOR = (
    click.option(
        "--cursor",
        metavar="COLUMN",
        help="Load only rows whose value in this column is at least the greatest loaded value.",
    ),
    click.option("--initial-value", metavar="VALUE", help="Value of the cursor before the first load."),
)
_WRITING = (
    click.option(
        "--write-disposition",
        type=click.Choice(DISPOSITIONS),
        default=DISPOSITIONS[0],
        show_default=True,
        help="Append rows, replace all rows, or update rows by --primary-key and insert new ones.",
    ),
    click.option("--primary-key", metavar="COLUMNS", help='Columns that identify a row, for example "id" or "a,b".'),
)


def _loads(*options: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds options to a command, which receives them as `loading: Loading`."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*arguments: Any, **values: Any) -> None:
            names = ("write_disposition", "primary_key", "cursor", "initial_value")
            command(*arguments, loading=_loading(*(values.pop(name, None) for name in names)), **values)

        for option in reversed(options):
            run = option(run)
        return run

    return decorated


def _loading(disposition: str, primary_key: str | None, cursor: str | None, initial_value: str | None) -> Loading:
    if initial_value is not None and cursor is None:
        raise InvalidSettingError("--initial-value", initial_value, "combined with --cursor")
    value = None if initial_value is None else json_or_text(initial_value)
    return Loading(disposition, parse_keys(primary_key), cursor, value)


def _require_key(loading: Loading) -> None:
    if loading.disposition == "merge" and not loading.primary_key:
        raise InvalidSettingError("--write-disposition", "merge", "combined with --primary-key")


@ingest_source.command(
    "rest_api",
    epilog=example(
        "ingest_source rest_api -db raw -t orders --url https://api.example.com/v1/ --path orders --token-env API_TOKEN"
    ),
)
@database_name_option
@table_name_option
@click.option("--url", "base_url", required=True, metavar="URL", help="Base URL of the API.")
@click.option("--path", default="", metavar="PATH", help="Path of the list, relative to the URL.")
@click.option(
    "--data-selector", metavar="JSONPATH", help="Objects in a response, for example data.items.  [default: found]"
)
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Query parameter; repeatable.")
@click.option(
    "--cursor-param",
    metavar="NAME",
    help="Query parameter that receives the value of the cursor; requires --cursor and --initial-value.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="NAME=VALUE",
    help="Header of each request; repeatable. NAME=env:VARIABLE reads a secret, also in --param.",
)
@click.option("--token-env", metavar="VARIABLE", help="Environment variable with the bearer token.")
@click.option(
    "--paginator",
    default="auto",
    show_default=True,
    metavar="TYPE",
    help="auto, single_page, page_number, offset, cursor, json_link, header_link or header_cursor, as in dlt.",
)
@click.option(
    "--paginator-option",
    "paginator_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Setting of the paginator, for example page_param=p; repeatable.",
)
@click.option("--max-pages", type=click.IntRange(min=1), metavar="NUMBER", help="Read at most this number of pages.")
@_loads(*_WRITING, *_CURSOR)
@json_option
@click.pass_obj
def rest_api(
    lake: Lake,
    database_name: str,
    table_name: str,
    base_url: str,
    path: str,
    data_selector: str | None,
    parameters: tuple[str, ...],
    cursor_param: str | None,
    headers: tuple[str, ...],
    token_env: str | None,
    paginator: str,
    paginator_options: tuple[str, ...],
    max_pages: int | None,
    loading: Loading,
    as_json: bool,
) -> None:
    """Loads the objects of a REST API into a table, in one commit."""
    _require_key(loading)
    if cursor_param is not None and loading.initial_value is None:
        raise InvalidSettingError("--cursor-param", cursor_param, "combined with --cursor and --initial-value")
    given_options = named_values("--paginator-option", paginator_options)
    api = RestApi(
        url("--url", base_url),
        path,
        data_selector,
        cursor_param,
        named_values("--param", parameters),
        named_values("--header", headers),
        None if token_env is None else secret("--token-env", token_env),
        paginator,
        {name: json_or_text(value) for name, value in given_options.items()},
        max_pages,
    )
    _print(_open(lake).rest_api(TableName(database_name, table_name), api, loading), as_json)


@ingest_source.command(
    "sql_database",
    epilog=example(
        "ingest_source sql_database -db raw --url sqlite:///shop.db --tables customers --write-disposition merge"
    ),
)
@database_name_option
@click.option(
    "--url",
    "database_url",
    required=True,
    metavar="URL",
    help="SQLAlchemy URL, for example sqlite:///shop.db, or env:VARIABLE for a URL with a password.",
)
@click.option("--tables", metavar="NAMES", help='Tables to load, for example "orders,customers".  [default: all]')
@click.option("--schema", metavar="NAME", help="Schema of the tables.  [default: that of the database]")
@_loads(*_WRITING, *_CURSOR)
@json_option
@click.pass_obj
def sql_database(
    lake: Lake,
    database_name: str,
    database_url: str,
    tables: str | None,
    schema: str | None,
    loading: Loading,
    as_json: bool,
) -> None:
    """Loads tables of a SQL database into tables of the same names, each in one commit.

    With merge, the primary keys of the database are the default of --primary-key.
    """
    source = SqlDatabase(url("--url", database_url), schema, parse_keys(tables))
    _print(_open(lake).sql_database(database_name, source, loading), as_json)


@ingest_source.command(
    "filesystem", epilog=example("ingest_source filesystem -db raw -t visits --path visits --glob '*.csv'")
)
@database_name_option
@table_name_option
@click.option("--path", required=True, metavar="PATH", help="File, folder, glob or s3:// prefix.")
@click.option("--glob", default="*", show_default=True, metavar="PATTERN", help="Pattern for file names.")
@_loads(*_WRITING)
@reads_input
@json_option
@click.pass_obj
def filesystem(
    lake: Lake,
    database_name: str,
    table_name: str,
    path: str,
    glob: str,
    loading: Loading,
    as_json: bool,
    options: InputOptions,
) -> None:
    """Loads files that were created or changed since the last load into a table, in one commit.

    With replace, every load reads all files.
    """
    _require_key(loading)
    table = TableName(database_name, table_name)
    _print(_open(lake).filesystem(table, Files(path, glob, options), loading), as_json)


def _open(lake: Lake) -> SourceLoads:
    from datalake_sdk.dlt_sources.source_loads import SourceLoads

    return SourceLoads(lake.open(), extraction_progress, ingestion_progress)


def _print(results: Sequence[IngestionResult], as_json: bool) -> None:
    if as_json:
        print_json([result.as_dict() for result in results])
        return
    for result in results:
        print_ingestion(result)
    if not results:
        click.echo("no new rows")
