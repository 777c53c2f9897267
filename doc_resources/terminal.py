"""Draws a chat of `datalfred-transcripts.md` as a terminal, in SVG, for README.md.

python -m doc_resources.terminal
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from textwrap import wrap

TRANSCRIPTS = Path(__file__).parent / "datalfred-transcripts.md"
IMAGE = Path(__file__).parent / "datalfred.svg"
TITLE = "datalake_sdk datalfred"

_CHAT = re.compile(r"^> Why did daily fail\?\n.*? continues\.$", re.MULTILINE | re.DOTALL)
_STYLE = """\
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#d1d7e0}.title{fill:#9198a1}
.prompt{fill:#f0f6fc;font-weight:600}.call,.result{fill:#768390}.added{fill:#57ab5a}.removed{fill:#e5534b}"""
_KINDS = (
    ("prompt", re.compile(r"> |Type yes")),
    ("result", re.compile(r"< ")),
    ("added", re.compile(r"\+")),
    ("removed", re.compile(r"-")),
)
_CALL = re.compile(r"> \w+ \{")
_COLUMNS, _CHARACTER, _LINE, _MARGIN, _BAR = 80, 7.8, 18, 16, 34
"""Width of the terminal in characters, then sizes in pixels."""


def chat(page: str) -> list[str]:
    """Returns the lines of the chat about a failed pipeline, as wide as the terminal.

    Args:
        page: The page of transcripts.

    Raises:
        ValueError: The page does not contain the chat.
    """
    found = _CHAT.search(page)
    if not found:
        raise ValueError(f"{TRANSCRIPTS.name} has no chat from 'Why did daily fail?' to 'continues.'")
    wrapped = (
        wrap(line, _COLUMNS, drop_whitespace=False, break_on_hyphens=False) or [""] for line in found[0].splitlines()
    )
    return [part for line in wrapped for part in line]


def image(lines: Sequence[str]) -> str:
    """Returns the lines in the frame of a terminal, as an SVG image."""
    width = _COLUMNS * _CHARACTER + 2 * _MARGIN
    height = _BAR + len(lines) * _LINE + _MARGIN
    rows = [_text(line, kind, _BAR + (row + 1) * _LINE) for row, (line, kind) in enumerate(_classified(lines)) if line]
    buttons = [f'<circle cx="{20 + 18 * place}" cy="17" r="5" fill="#545d68"/>' for place in range(3)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#1c2128"/>',
            *buttons,
            f'<text class="title" x="84" y="22">{escape(TITLE)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _classified(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields each line with its class; a call of a tool ends with a brace."""
    in_call = False
    for line in lines:
        in_call = in_call or bool(_CALL.match(line))
        kind = "call" if in_call else next((name for name, start in _KINDS if start.match(line)), "")
        yield line, kind
        in_call = in_call and not line.endswith("}")


def _text(line: str, kind: str, bottom: int) -> str:
    text = line.strip()
    left = _MARGIN + (len(line) - len(line.lstrip())) * _CHARACTER
    # With a fixed length, columns are aligned in any monospaced font.
    length = f'textLength="{len(text) * _CHARACTER:.1f}" lengthAdjust="spacingAndGlyphs"'
    shown = escape(text).replace("  ", "\u00a0\u00a0")
    return f'<text class="{kind}" x="{left:.1f}" y="{bottom}" {length}>{shown}</text>'


if __name__ == "__main__":
    IMAGE.write_text(image(chat(TRANSCRIPTS.read_text(encoding="utf-8"))), encoding="utf-8")
