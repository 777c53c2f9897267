"""Counts the cells of an OpenDocument spreadsheet, including repeated ones, without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO
from xml.parsers.expat import ParserCreate

CONTENT_PART = "content.xml"


def largest_table(content: IO[bytes]) -> int:
    """Rows times columns of the largest table, each counted up to the last cell with a value.

    Args:
        content: Part `CONTENT_PART` of the document.

    Raises:
        ExpatError: The part is not well-formed XML.
    """
    counter = _CellCounter()
    parser = ParserCreate()
    parser.StartElementHandler = counter.start
    parser.ParseFile(content)
    return counter.largest


class _CellCounter:
    """Counts the rows and cells of a document while it is parsed.

    Attributes:
        largest: Cells of the largest table so far.
    """

    def __init__(self) -> None:
        self.largest = 0
        self._rows = self._repeated_rows = self._columns = self._column = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table:table":
            self._rows = self._repeated_rows = self._columns = 0
        elif name == "table:table-row":
            self._rows += self._repeated_rows
            self._repeated_rows = _number(attributes, "table:number-rows-repeated")
            self._column = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._column += _number(attributes, "table:number-columns-repeated")
            if "office:value-type" in attributes:
                self._columns = max(self._columns, self._column)
                self.largest = max(self.largest, (self._rows + self._repeated_rows) * self._columns)


def _number(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isdecimal() else 1
