"""Command line options for reading an input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from datalake_sdk.inputs.options import DEFAULT_DECIMAL_MARK, DEFAULT_QUOTE, UTF_8, InputOptions
from datalake_sdk.inputs.registry import MODULES

*FORMAT_NAMES, LAST_FORMAT_NAME = MODULES
TAB_ALIASES = {"tab": "\t", "\\t": "\t"}

_OPTIONS = (
    click.option(
        "--input-format",
        metavar="FORMAT",
        help=f"{', '.join(FORMAT_NAMES)} or {LAST_FORMAT_NAME}.  [default: inferred from file names]",
    ),
    click.option(
        "--csv-delimiter",
        metavar="CHARACTER",
        callback=lambda _context, _option, value: TAB_ALIASES.get(value, value),
        help="CSV field delimiter; tab or \\t for a tab.  [default: tab for .tsv files, otherwise ,]",
    ),
    click.option(
        "--quote",
        default=DEFAULT_QUOTE,
        show_default=True,
        metavar="CHARACTER",
        help='CSV quote character; "" disables quoting.',
    ),
    click.option("--escape", metavar="CHARACTER", help="CSV escape character."),
    click.option(
        "--comment", metavar="TEXT", help="Skip CSV and fixed-width lines that start with TEXT, for example #."
    ),
    click.option(
        "--skip-rows",
        type=int,
        default=0,
        show_default=True,
        metavar="LINES",
        help="Number of CSV or fixed-width lines to skip before the header.",
    ),
    click.option(
        "--widths",
        callback=lambda _context, _option, value: () if value is None else (value,),
        metavar="COLUMNS",
        help='Columns of fixed-width text: widths ("10,5") or character positions ("1-10,14-20"), optionally with '
        'names ("id:1-10,city:14-20"). Without names, the first line is the header.',
    ),
    click.option("--sheet", metavar="NAME", help="Excel sheet name.  [default: the first visible sheet]"),
    click.option(
        "--header-row",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="Number of the Excel row that contains the column names.  [default: the first non-blank row]",
    ),
    click.option("--encoding", default=UTF_8, show_default=True, metavar="NAME", help="Text encoding."),
    click.option(
        "--null-value",
        "null_values",
        multiple=True,
        metavar="TEXT",
        help="Additional string to read as null in every column; repeatable.",
    ),
    click.option(
        "--usual-nulls/--no-usual-nulls",
        default=True,
        show_default=True,
        help="Whether to read common null markers (NA, null, ...) as null in columns that are not text.",
    ),
    click.option(
        "--decimal-mark",
        default=DEFAULT_DECIMAL_MARK,
        show_default=True,
        metavar="CHARACTER",
        help="Decimal separator in CSV and fixed-width text.",
    ),
    click.option("--thousands-mark", metavar="CHARACTER", help="Thousands separator in CSV and fixed-width text."),
    click.option(
        "--date-format",
        "date_formats",
        multiple=True,
        metavar="FORMAT",
        help="Date or time format in CSV and fixed-width text in addition to ISO 8601, for example %d/%m/%Y; "
        "repeatable.",
    ),
    click.option(
        "--timezone",
        metavar="ZONE",
        help="Time zone of timestamps without an offset in CSV and fixed-width text, for example Europe/Paris. Such "
        "columns become timestamptz.",
    ),
)


def reads_input(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of an input to a command, which receives them as `options: InputOptions`."""

    @wraps(command)
    def run(*arguments: Any, **values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in fields(InputOptions) if option.name in values}
        command(*arguments, **values, options=InputOptions(**given))

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
