"""Parses docstrings in Google's style, and those of constants and attributes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent

_HEADING = re.compile(r"(Args|Attributes|Returns|Raises|Example):")
_ITEM = re.compile(r"([\w.]+): ")


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring.

    Args:
        text: Everything before the first section.
        sections: Content of each section by its heading, without indentation.
    """

    text: str
    sections: Mapping[str, str]

    @classmethod
    def of(cls, documented: object) -> Docstring:
        """Parses the docstring of a class, a function or a property."""
        sections: dict[str, list[str]] = {"": []}
        lines = sections[""]
        for line in (inspect.getdoc(documented) or "").splitlines():
            if heading := _HEADING.fullmatch(line):
                lines = sections[heading[1]] = []
            else:
                lines.append(line)
        contents = {heading: dedent("\n".join(lines)).strip() for heading, lines in sections.items()}
        return cls(contents.pop(""), contents)

    @property
    def example(self) -> str:
        """The example, as an interactive session; empty if there is none."""
        return self.sections.get("Example", "")

    def items(self, heading: str) -> dict[str, str]:
        """Descriptions of arguments, attributes or errors, by name."""
        items: dict[str, str] = {}
        name = ""
        for line in self.sections.get(heading, "").splitlines():
            if found := _ITEM.match(line):
                name = found[1]
                items[name] = line[found.end() :]
            else:
                items[name] = f"{items[name]} {line.strip()}"
        return items


@dataclass(frozen=True)
class Attribute:
    """A string that is assigned to a constant or an attribute.

    Args:
        name: Name of the constant.
        value: The string.
        docstring: The docstring below it; empty if there is none.
        line: Number of its line.
    """

    name: str
    value: str
    docstring: str
    line: int


def attributes(body: Sequence[ast.stmt]) -> Iterator[Attribute]:
    """Yields the strings that a module or a class assigns to names."""
    for statement, following in pairwise([*body, ast.Pass()]):
        match statement:
            case ast.Assign([ast.Name(name)], ast.Constant(str(value))):
                yield Attribute(name, value, _text(following), statement.lineno)


def _text(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(ast.Constant(str(text))):
            return " ".join(text.split())
    return ""
