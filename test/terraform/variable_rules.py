"""Modules reduced to the rules of their variables, whose tests then do not plan any resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_BLOCK = re.compile(r'^(\w+)((?: "[^"]+")*) \{(?:\n(.*?)^)?\}\n', re.MULTILINE | re.DOTALL)
_LOCAL = re.compile(r"^  (\w+) += .*?(?=^  \w+ += |\Z)", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"[a-z]\w*(?:\.\w+)+")
_KEPT = ("terraform", "variable")


def keep_variables(module: Path) -> None:
    """Removes everything from a formatted module that the rules of its variables do not refer to."""
    blocks = {address: text for file in sorted(module.glob("*.tf")) for address, text in _blocks(file.read_text())}
    kept = {address for address in blocks if address.split(".")[0] in _KEPT}
    while added := {address for kept_one in kept for address in _references(blocks[kept_one], blocks)} - kept:
        kept |= added
    for file in module.glob("*.tf"):
        file.unlink()
    (module / "main.tf").write_text("\n".join(blocks[address] for address in sorted(kept)))


def _blocks(code: str) -> Iterator[tuple[str, str]]:
    """Yields the address and the code of each block, and of each local value as a block of its own."""
    for block in _BLOCK.finditer(code):
        kind, labels, body = block.groups()
        if kind == "locals":
            yield from ((f"local.{entry[1]}", f"locals {{\n{entry[0]}}}\n") for entry in _LOCAL.finditer(body))
        else:
            words = re.findall(r"\w+", labels)
            yield ".".join(words if kind == "resource" else [kind, *words]), block[0]


def _references(code: str, blocks: dict[str, str]) -> Iterator[str]:
    for reference in _REFERENCE.findall(code):
        words = reference.split(".")
        yield from (address for length in (2, 3) if (address := ".".join(words[:length])) in blocks)
