"""Options of a command that say how its input is to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from datalake_sdk.inputs.options import DEFAULT_DECIMAL_MARK, DEFAULT_QUOTE, UTF_8, InputOptions

TAB_SPELLINGS = {"tab": "\t", "\\t": "\t"}

_OPTIONS = (
    click.option(
        "--input-format",
        metavar="FORMAT",
        help="csv, json, parquet, orc, avro, excel or fixed-width, whatever the files' names say.",
    ),
    click.option(
        "--csv-delimiter",
        metavar="CHARACTER",
        callback=lambda _context, _option, value: TAB_SPELLINGS.get(value, value),
        help="What separates the fields of a CSV; tab or \\t is a tab.  [default: a tab in .tsv files, else ,]",
    ),
    click.option(
        "--quote",
        default=DEFAULT_QUOTE,
        show_default=True,
        metavar="CHARACTER",
        help='What stands around CSV fields that hold a delimiter or a line break; "" where nothing is quoted.',
    ),
    click.option(
        "--escape", metavar="CHARACTER", help="What stands before a character that is meant literally in a CSV."
    ),
    click.option("--comment", metavar="TEXT", help="What lines of a CSV begin with that are no rows, such as #."),
    click.option(
        "--skip-rows", type=int, default=0, show_default=True, metavar="LINES", help="Lines before the header of a CSV."
    ),
    click.option(
        "--widths",
        callback=lambda _context, _option, value: () if value is None else (value,),
        metavar="COLUMNS",
        help='Columns of fixed-width text, by characters ("10,5") or positions ("1-10,14-20"), maybe with names '
        '("id:1-10,city:14-20"); without names, the first line has them.',
    ),
    click.option("--sheet", metavar="NAME", help="Sheet of an Excel workbook.  [default: the first one]"),
    click.option(
        "--header-row",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="Row of the sheet that holds the columns' names.  [default: the first one that is not blank]",
    ),
    click.option("--encoding", default=UTF_8, show_default=True, metavar="NAME", help="Encoding of text files."),
    click.option(
        "--null-value",
        "null_values",
        multiple=True,
        metavar="TEXT",
        help="A spelling of the missing value, in every column; repeatable. Adds to the usual ones (NA, null, ...).",
    ),
    click.option(
        "--usual-nulls/--no-usual-nulls",
        default=True,
        show_default=True,
        help="Whether NA, null and so on are missing values, in columns of anything but text.",
    ),
    click.option(
        "--decimal-mark",
        default=DEFAULT_DECIMAL_MARK,
        show_default=True,
        metavar="CHARACTER",
        help="What stands before the fraction of a number, in text.",
    ),
    click.option("--thousands-mark", metavar="CHARACTER", help="What stands between groups of three digits, in text."),
    click.option(
        "--date-format",
        "date_formats",
        multiple=True,
        metavar="FORMAT",
        help="How dates or times are written besides ISO 8601, such as %d/%m/%Y, in text and sheets; repeatable.",
    ),
    click.option(
        "--timezone",
        metavar="ZONE",
        help="Time zone of times without an offset, such as Europe/Paris, in text and sheets; they become instants.",
    ),
)


def reads_input(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of an input, which it takes as one `InputOptions` named `options`."""

    @wraps(command)
    def run(*arguments: Any, **values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in fields(InputOptions) if option.name in values}
        command(*arguments, **values, options=InputOptions(**given))

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
