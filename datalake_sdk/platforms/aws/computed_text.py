"""Texts that a state machine composes: their constant parts, with a mark where a value is put in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalake_sdk.platforms.aws.state_machines import Computed

MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a text for a value that only the execution has."""
_FORMAT = re.compile(r"States\.Format\((.*)\)$", re.DOTALL)
"""https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def constant_parts(value: Computed) -> str | None:
    """A text composed by `States.Format` or by JSONata's `&`, with `MARK` for each computed piece.

    Returns:
        None where the expression is no such composition.
    """
    formatted = _FORMAT.match(value.expression.strip())
    if formatted:
        template, *arguments = [_piece(argument) for argument in _split(formatted[1], ",")]
        return _filled(template, arguments)
    pieces = [_piece(part) for part in _split(value.expression, "&")]
    return None if pieces == [MARK] else "".join(pieces)


def _piece(expression: str) -> str:
    """A quoted text as it is meant, anything else as a mark."""
    text = expression.strip()
    is_text = len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]
    return _unescaped(text[1:-1]) if is_text else MARK


def _unescaped(text: str) -> str:
    # `\{` stays as it is until the template is filled: it is no place for an argument.
    return _ESCAPED.sub(lambda escaped: escaped[0] if escaped[1] in "{}" else escaped[1], text)


def _filled(template: str, arguments: list[str]) -> str:
    pieces = re.split(r"(?<!\\)\{\}", template)
    values = [*arguments, *[MARK] * len(pieces)]
    filled = "".join(text + value for text, value in zip(pieces, [*values[: len(pieces) - 1], ""], strict=True))
    return filled.replace("\\{", "{").replace("\\}", "}")


def _split(expression: str, separator: str) -> Iterator[str]:
    """Parts between separators that stand neither in quotes nor in brackets."""
    part, quote, depth, escaped = "", "", 0, False
    for character in expression:
        if escaped or quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "'\"":
            quote = character
        elif character == separator and depth == 0:
            yield part
            part = ""
            continue
        else:
            depth += (character in "([{") - (character in ")]}")
        part += character
    yield part
