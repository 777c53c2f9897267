"""Options for reading an input."""

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
    """A field that users may set; `kind` defaults to the type of `default`, or to string if `default` is None."""
    return field(default=default, metadata={_KIND: kind or (str if default is None else type(default))})


@dataclass(frozen=True)
class InputOptions:
    """Options given by the user, and column types given by the table and its configuration.

    Args:
        input_format: Name of a format, such as `csv`; None infers it from file names, then from content.
        csv_delimiter: Field delimiter; None means a tab in .tsv files and a comma in others.
        quote: Quote character; empty disables quoting.
        escape: Escape character; None if quotes are escaped by doubling.
        comment: Prefix of comment lines; None for no comments.
        skip_rows: Number of lines to skip before the header.
        widths: Columns of fixed-width text, such as `10`, `1-10` or `id:1-10`; without names, the file has a header.
        sheet: Name of the sheet; None for the first visible one.
        header_row: Number of the header row, from 1; None for the first row that is not blank.
        encoding: Text encoding, by its Python name.
        null_values: Strings that mean null in every column.
        usual_nulls: Whether common null markers, such as NA, also mean null, except in string columns.
        decimal_mark: Decimal separator.
        thousands_mark: Thousands separator; None for none.
        date_formats: `strptime` formats of dates and times, in addition to ISO 8601.
        timezone: IANA time zone of timestamps without an offset; None keeps them without time zone.
        types: Initial types by normalized column name; a type widens if values do not fit.
        declared: Columns of `types` that do not widen: a value that does not fit is an error.
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
    """Builds options from a mapping by name, as task code passes them; a tuple may be a list or a single string.

    Raises:
        UnknownInputOptionError: An option does not exist.
        InvalidInputOptionError: A value has the wrong type.
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
