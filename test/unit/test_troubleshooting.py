from __future__ import annotations

import re

from doc_resources import error_catalogue

FOLDER = error_catalogue.PAGE.parent
PAGE = (FOLDER / "troubleshooting.md").read_text(encoding="utf-8")
EXAMPLES = {error.__name__.lower(): str(error_catalogue.example(error)) for error in error_catalogue.public_errors()}
ENTRIES = re.findall(r"^### `([^\n]+)`\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)


def test_each_quoted_message_is_that_of_the_linked_error_or_source():
    assert len(ENTRIES) >= 30
    assert [message for message, text in ENTRIES if not occurs(message, text)] == []


def occurs(message: str, text: str) -> bool:
    """Returns whether an error or a source that an entry links to contains its message, in which `…` is any text."""
    errors = [EXAMPLES[name] for name in re.findall(r"\(errors\.md#(\w+)\)", text)]
    sources = [(FOLDER / path).read_text(encoding="utf-8") for path in re.findall(r"\[source\]\((\S+?)\)", text)]
    pattern = ".*".join(map(re.escape, message.split("…")))
    return any(re.search(pattern, each) for each in [*errors, *sources])
