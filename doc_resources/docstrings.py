"""Parses docstrings in Google's style."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
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
