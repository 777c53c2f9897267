"""The AWS CLI for tests: one call to AWS, with options that are strings or lists of strings.

aws SERVICE OPERATION [--OPTION VALUE…]… [--query EXPRESSION] [--output text]
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
import jmespath


def main(service: str, operation: str, *words: str) -> None:
    """Calls an operation and prints the values that the query selects, separated by tabs."""
    options = _options(words)
    query, lists = options.pop("query", ["@"])[0], {"states"}
    options.pop("output", None)
    arguments = {_parameter(name): values if name in lists else values[0] for name, values in options.items()}
    answer: Any = getattr(boto3.client(service), operation.replace("-", "_"))(**arguments)
    found = jmespath.search(query, answer)
    sys.stdout.write("\t".join(map(str, found if isinstance(found, list) else [found])))


def _options(words: tuple[str, ...]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    return options


def _parameter(option: str) -> str:
    first, *others = option.split("-")
    return first + "".join(map(str.title, others))


if __name__ == "__main__":
    main(*sys.argv[1:])
