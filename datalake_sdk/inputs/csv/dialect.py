"""How CSV text is written: the characters that separate, quote, escape and comment."""

from __future__ import annotations

from dataclasses import dataclass

from datalake_sdk.errors import InvalidDelimiterError, InvalidInputOptionError
from datalake_sdk.inputs.formats import suffix
from datalake_sdk.inputs.options import DEFAULT_DELIMITER, DEFAULT_QUOTE, InputOptions

_TAB_SUFFIX = ".tsv"
_LINE_BREAKS = "\r\n"


@dataclass(frozen=True)
class Dialect:
    """Special characters of CSV text.

    Args:
        delimiter: Between fields; one ASCII character, as `quote` and `escape` are.
        quote: Around fields; empty where nothing is quoted.
        escape: Before a character that is meant literally; empty where there is none.
        comment: Beginning of lines that are no rows; empty where there are none.
    """

    delimiter: str = DEFAULT_DELIMITER
    quote: str = DEFAULT_QUOTE
    escape: str = ""
    comment: str = ""


def csv_dialect(name: str, options: InputOptions) -> Dialect:
    """The dialect of a file: as the user says, but that .tsv files have tabs unless told otherwise.

    Args:
        name: Of the file.
        options: As the user gives them.

    Raises:
        UsageError: An option is not one ASCII character, or two are the same.
    """
    delimiter = options.csv_delimiter
    if delimiter is None:
        delimiter = "\t" if suffix(name) == _TAB_SUFFIX else DEFAULT_DELIMITER
    dialect = Dialect(delimiter, options.quote, options.escape or "", options.comment or "")
    _check(dialect)
    return dialect


def _check(dialect: Dialect) -> None:
    quote, escape, comment = dialect.quote, dialect.escape, dialect.comment
    if not _is_special(dialect.delimiter) or dialect.delimiter in (DEFAULT_QUOTE, quote):
        raise InvalidDelimiterError(dialect.delimiter)
    if quote and (not _is_special(quote)):
        raise InvalidInputOptionError("quote", quote, "one ASCII character, or empty where nothing is quoted")
    if escape and (not _is_special(escape) or escape in (dialect.delimiter, quote)):
        rule = "one ASCII character, neither the delimiter nor the quote"
        raise InvalidInputOptionError("escape", escape, rule, "Doubled quotes need no option.")
    if comment and (comment[0] in (dialect.delimiter, quote, escape) or set(_LINE_BREAKS) & set(comment)):
        rule = "text without line breaks that begins neither with the delimiter nor with the quote"
        raise InvalidInputOptionError("comment", comment, rule)


def _is_special(character: str) -> bool:
    return len(character) == 1 and character.isascii() and character not in _LINE_BREAKS
