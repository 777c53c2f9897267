"""Generates the tables of inputs and outputs in the READMEs of the Terraform modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

from doc_resources.page_parts import with_part

REPOSITORY = Path(__file__).parents[1]
MODULES = ("domain_factory", "modules", "pipeline_factory")


@dataclass(frozen=True)
class Declaration:
    """A declaration of a variable or an output.

    Args:
        kind: `variable` or `output`.
        name: Name of the variable or output.
        attributes: Source of the value of each attribute.
    """

    kind: str
    name: str
    attributes: dict[str, str]

    @property
    def description(self) -> str:
        """The content of a string or a heredoc, as a single line."""
        source = self.attributes["description"]
        if source.startswith("<<"):
            return " ".join(line.strip() for line in source.splitlines()[1:-1])
        return source.strip('"').replace('\\"', '"')


def readmes() -> list[Path]:
    """Returns the READMEs that have a section for the reference."""
    found = [path for module in MODULES for path in (REPOSITORY / module).rglob("README.md")]
    return sorted(path for path in found if "<!-- BEGIN INPUTS -->" in path.read_text(encoding="utf-8"))


def with_reference(readme: Path) -> str:
    """Returns the README with the inputs and outputs of its module."""
    declared = list(declarations(readme.parent))
    values = [each for each in declared if each.kind == "output"]
    text = readme.read_text(encoding="utf-8")
    text = with_part(text, "INPUTS", inputs([each for each in declared if each.kind == "variable"]))
    return with_part(text, "OUTPUTS", outputs(values)) if values else text


def declarations(module: Path) -> Iterator[Declaration]:
    """Yields the variables and outputs of a module."""
    for file in sorted([*module.glob("variables*.tf"), *module.glob("outputs*.tf")]):
        source = file.read_text(encoding="utf-8")
        for block in _children(hcl2.parses_to_tree(source).children[0], "block"):
            kind, *labels = _text(block, source).partition("{")[0].split()
            if kind in ("variable", "output"):
                yield Declaration(kind, labels[0].strip('"'), _attributes(block, source))


def inputs(variables: list[Declaration]) -> str:
    """Returns a table of variables, required ones first, followed by the types that span several lines."""
    ordered = sorted(variables, key=lambda each: "default" in each.attributes)
    rows = [(f"`{each.name}`", each.description, _type(each), _default(each)) for each in ordered]
    types = [f"### {each.name}\n\n```hcl\n{each.attributes['type']}\n```" for each in ordered if _has_long_type(each)]
    return "\n\n".join([_table(("Name", "Description", "Type", "Default"), rows), *types])


def outputs(values: list[Declaration]) -> str:
    """Returns a table of outputs."""
    return _table(("Name", "Description"), [(f"`{each.name}`", each.description) for each in values])


def _attributes(block: Any, source: str) -> dict[str, str]:
    (body,) = _children(block, "body")
    pairs = [_text(attribute, source).partition("=") for attribute in _children(body, "attribute")]
    return {name.strip(): re.sub(r"^  ", "", value.strip(), flags=re.MULTILINE) for name, _, value in pairs}


def _children(tree: Any, kind: str) -> list[Any]:
    return [child for child in tree.children if getattr(child, "data", None) == kind]


def _text(tree: Any, source: str) -> str:
    return source[tree.meta.start_pos : tree.meta.end_pos]


def _has_long_type(variable: Declaration) -> bool:
    return "\n" in variable.attributes["type"]


def _type(variable: Declaration) -> str:
    if not _has_long_type(variable):
        return f"`{variable.attributes['type']}`"
    outer = variable.attributes["type"].partition("({")[0]
    return f"[`{outer}{')' * outer.count('(')}`](#{variable.name})"


def _default(variable: Declaration) -> str:
    default = variable.attributes.get("default")
    return "required" if default is None else f"`{' '.join(default.split())}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *escaped])


if __name__ == "__main__":
    for readme in readmes():
        readme.write_text(with_reference(readme), encoding="utf-8")
