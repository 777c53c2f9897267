"""CSV dialects: delimiter, quote, escape and comment characters."""

from __future__ import annotations

from dataclasses import dataclass

from datalake_sdk.errors import InvalidDelimiterError, InvalidInputOptionError
from datalake_sdk.inputs.formats import suffix
from datalake_sdk.inputs.options import DEFAULT_DELIMITER, DEFAULT_QUOTE, InputOptions

_TAB_SUFFIX = ".tsv"
_LINE_BREAKS = "\r\n"


@dataclass(frozen=True)
class Dialect:
    """A CSV dialect.

    Args:
        delimiter: Field delimiter; a single ASCII character, like `quote` and `escape`.
        quote: Quote character; empty to disable quoting.
        escape: Escape character; empty for none.
        comment: Prefix of comment lines; empty for none.
    """

    delimiter: str = DEFAULT_DELIMITER
    quote: str = DEFAULT_QUOTE
    escape: str = ""
    comment: str = ""


def csv_dialect(name: str, options: InputOptions) -> Dialect:
    """The dialect that options describe; the default delimiter of .tsv files is a tab.

    Args:
        name: Name of the file.
        options: Options given by the user.

    Raises:
        UsageError: An option is not a single ASCII character, or two options are the same.
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
        raise InvalidInputOptionError("quote", quote, "one ASCII character, or empty to disable quoting")
    if escape and (not _is_special(escape) or escape in (dialect.delimiter, quote)):
        rule = "one ASCII character, neither the delimiter nor the quote"
        raise InvalidInputOptionError("escape", escape, rule, "Doubled quotes are supported without this option.")
    if comment and (comment[0] in (dialect.delimiter, quote, escape) or set(_LINE_BREAKS) & set(comment)):
        rule = "a string without line breaks that does not start with the delimiter, the quote or the escape character"
        raise InvalidInputOptionError("comment", comment, rule)


def _is_special(character: str) -> bool:
    return len(character) == 1 and character.isascii() and character not in _LINE_BREAKS
