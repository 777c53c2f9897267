"""The AWS CLI for tests and pages: one call to AWS, or the copy of an object.

aws SERVICE OPERATION [--OPTION VALUE…]… [--query EXPRESSION] [--output text]
aws s3 cp SOURCE TARGET
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import jmespath
from botocore import xform_name
from botocore.model import Shape

_SERVICES = {"s3api": "s3"}
_NUMBERS = ("integer", "long", "float", "double")


def main(service: str, operation: str, *words: str) -> None:
    """Calls an operation and prints what the query selects, as JSON or as values separated by tabs."""
    client = boto3.client(_SERVICES.get(service, service))
    if (service, operation) == ("s3", "cp"):
        _copy(client, *words)
        return
    options = _options(words)
    query, (output,) = options.pop("query", ["@"])[0], options.pop("output", ["json"])
    answer = _call(client, operation.replace("-", "_"), options)
    found = jmespath.search(query, answer)
    if output == "text":
        sys.stdout.write("\t".join(map(str, found if isinstance(found, list) else [found])))
    elif found:
        sys.stdout.write(f"{json.dumps(found, indent=4, default=str)}\n")


def _call(client: Any, method: str, options: dict[str, list[str]]) -> Any:
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    members = operation.input_shape.members if operation.input_shape else {}
    names = {xform_name(name, "-"): name for name in members}
    arguments = json.loads(_text(options.pop("cli-input-json", ["{}"])[0]))
    arguments |= {names[option]: _value(members[names[option]], values) for option, values in options.items()}
    answer = getattr(client, method)(**arguments)
    del answer["ResponseMetadata"]
    return answer


def _options(words: tuple[str, ...]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    return options


def _value(shape: Shape, words: list[str]) -> Any:
    """The value of a parameter, from JSON, from `name=value,…` or from words."""
    if shape.serialization.get("streaming"):
        return Path(words[0]).read_bytes()
    texts = [_text(word) for word in words]
    if shape.type_name == "list" and not texts[0].startswith("["):
        return [_value(shape.member, [text]) for text in texts]
    if shape.type_name == "structure" and not texts[0].startswith("{"):
        return dict(pair.split("=", 1) for pair in texts[0].split(","))
    if shape.type_name in ("list", "structure", "map", *_NUMBERS):
        return json.loads(texts[0])
    return not texts or texts[0] == "true" if shape.type_name == "boolean" else texts[0]


def _text(word: str) -> str:
    return Path(word.removeprefix("file://")).read_text(encoding="utf-8") if word.startswith("file://") else word


def _copy(client: Any, source: str, target: str) -> None:
    if source.startswith("s3://"):
        found = urlsplit(source)
        client.download_file(found.netloc, found.path.lstrip("/"), target)
    else:
        found = urlsplit(target)
        key = found.path.lstrip("/")
        client.upload_file(source, found.netloc, key + Path(source).name if key.endswith("/") or not key else key)


if __name__ == "__main__":
    main(*sys.argv[1:])
