"""The AWS CLI for tests and pages: one call to AWS, the copy of an object, or credentials.

aws SERVICE OPERATION [--OPTION VALUE…]… [--query EXPRESSION] [--output text]
aws s3 cp SOURCE TARGET
aws codeartifact login --tool twine --domain DOMAIN --repository REPOSITORY
aws ecr get-login-password
aws configure export-credentials --format env
"""

from __future__ import annotations

import base64
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
    if (service, operation, *words) == ("configure", "export-credentials", "--format", "env"):
        _export_credentials()
        return
    client = boto3.client(_SERVICES.get(service, service))
    if (service, operation) == ("s3", "cp"):
        _copy(client, *words)
        return
    if (service, operation, *words[:2]) == ("codeartifact", "login", "--tool", "twine"):
        _log_in(client, **{name: value for name, (value,) in _options(words[2:]).items()})
        return
    if (service, operation) == ("ecr", "get-login-password"):
        token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        sys.stdout.write(base64.b64decode(token).decode().partition(":")[2])
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


def _export_credentials() -> None:
    found = boto3.Session().get_credentials()
    assert found is not None
    keys = found.get_frozen_credentials()
    values = {"ACCESS_KEY_ID": keys.access_key, "SECRET_ACCESS_KEY": keys.secret_key, "SESSION_TOKEN": keys.token}
    sys.stdout.writelines(f"export AWS_{name}={value}\n" for name, value in values.items() if value)


def _log_in(client: Any, domain: str, repository: str) -> None:
    """Writes the settings of twine. https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-twine.html."""
    url = client.get_repository_endpoint(domain=domain, repository=repository, format="pypi")["repositoryEndpoint"]
    token = client.get_authorization_token(domain=domain)["authorizationToken"]
    settings = f"[distutils]\nindex-servers = codeartifact\n\n[codeartifact]\nrepository: {url}\n"
    (Path.home() / ".pypirc").write_text(f"{settings}username: aws\npassword: {token}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
