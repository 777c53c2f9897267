"""How an input is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from datalake_sdk.errors import InvalidInputOptionError, UnknownInputOptionError

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_DELIMITER = ","
DEFAULT_QUOTE = '"'
DEFAULT_DECIMAL_MARK = "."
UTF_8 = "utf-8"

_KIND = "kind"
_RULES = {bool: "True or False", int: "an integer", str: "a string"}


def _option(*, default: Any, kind: type | None = None) -> Any:
    """A field that users set, of the given type; by default the type of its default, or a string."""
    return field(default=default, metadata={_KIND: kind or (str if default is None else type(default))})


@dataclass(frozen=True)
class InputOptions:
    """What a user, a table and its configuration say of an input.

    Args:
        input_format: A format's name, such as `csv`; None goes by the file's name, then by its content.
        csv_delimiter: Between fields; None is a tab in .tsv files and a comma in others.
        quote: Around fields that hold a delimiter or a line break; empty where nothing is quoted.
        escape: Before a character that is meant literally; None where quotes are doubled instead.
        comment: What a line begins with that is no row; None where there are no comments.
        skip_rows: Lines before the header.
        widths: Columns of fixed-width text, such as `10`, `1-10` or `id:1-10`; without names, the first line has them.
        sheet: Name of the sheet; None is the first one.
        header_row: Number of the row with the columns' names, from 1; None is the first row that is not blank.
        encoding: Of text, as Python names it.
        null_values: Spellings of the missing value, in every column.
        usual_nulls: Whether the usual spellings, such as NA and null, are missing values too, among anything but text.
        decimal_mark: Before the fraction of a number.
        thousands_mark: Between groups of three digits; None where there is none.
        date_formats: Of dates and times, besides ISO 8601; with the directives of `strptime`.
        timezone: Of timestamps without an offset, as the IANA database names it; None leaves them without a zone.
        types: Type in which a column starts, by its normalised name; it widens when the data do not fit.
        declared: Columns of `types` that do not widen: data that do not fit are an error.
    """

    input_format: str | None = _option(default=None)
    csv_delimiter: str | None = _option(default=None)
    quote: str = _option(default=DEFAULT_QUOTE)
    escape: str | None = _option(default=None)
    comment: str | None = _option(default=None)
    skip_rows: int = _option(default=0)
    widths: tuple[str | int, ...] = _option(default=())
    sheet: str | None = _option(default=None)
    header_row: int | None = _option(default=None, kind=int)
    encoding: str = _option(default=UTF_8)
    null_values: tuple[str, ...] = _option(default=())
    usual_nulls: bool = _option(default=True)
    decimal_mark: str = _option(default=DEFAULT_DECIMAL_MARK)
    thousands_mark: str | None = _option(default=None)
    date_formats: tuple[str, ...] = _option(default=())
    timezone: str | None = _option(default=None)
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FileInput:
    """Files to ingest.

    Args:
        path: A file, a glob pattern, a folder, an `s3://` path, or `-` for standard input.
        options: How to read the files.
    """

    path: str
    options: InputOptions = field(default_factory=InputOptions)


def input_options(given: Mapping[str, Any]) -> InputOptions:
    """Options by their names, as task code gives them; a list or a single text may stand for a tuple.

    Raises:
        UnknownInputOptionError: There is no such option.
        InvalidInputOptionError: A value is of another type than the option's.
    """
    options = {option.name: option for option in fields(InputOptions) if _KIND in option.metadata}
    for name in given:
        if name not in options:
            raise UnknownInputOptionError(name, list(options))
    return InputOptions(**{name: _fitted(options[name], value) for name, value in given.items()})


def _fitted(option: Field[Any], value: Any) -> Any:
    kind = option.metadata[_KIND]
    if kind is tuple:
        return _strings(option.name, value)
    if (value is None and option.default is None) or type(value) is kind:
        return value
    raise InvalidInputOptionError(option.name, value, _RULES[kind])


def _strings(name: str, value: Any) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    item_types = (str, int) if name == "widths" else (str,)
    if any(type(item) not in item_types for item in values):
        raise InvalidInputOptionError(name, value, "a string, or a list of strings")
    return values
