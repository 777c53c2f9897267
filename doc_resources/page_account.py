"""The emulated AWS account in which pages run.

The guide deploy.md runs first: it deploys a domain and a pipeline. The other pages use them, each in a new folder. Its
last section, which destroys them, runs at the end. The programs `aws`, `docker` and `curl` are those of the Terraform
tests. `terraform` is the real one, with the settings of the emulator. The Git repository of the modules is a copy of
this one.

`python -m doc_resources.page_account` rewrites the outputs that have changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from doc_resources.page_blocks import needs_emulator, rewritten
from doc_resources.pages import REPOSITORY, pages
from doc_resources.warm_program import warm_program
from test.bedrock_runtime import BedrockRuntime, Call, Reply
from test.emulator import Emulator
from test.terraform.provider import LOW_OVERHEAD
from test.terraform.provider_mirror import write_cli_configuration
from test.terraform.terraform import EMULATOR_SETTINGS
from test.terraform.workspace import container_engine, copy_repository

GUIDE = "doc_resources/deploy.md"
_LAST_SECTION = "\n## Destroy"
_MODULES = "https://git.example.com/platform.git"
_BACKEND = ("use_path_style", "skip_credentials_validation", "skip_metadata_api_check", "skip_requesting_account_id")
_VISITS = "SELECT city, count(*) AS visits FROM dev_sales.visits GROUP BY city ORDER BY visits DESC"
_TERRAFORM = """\
#!/bin/sh
folder=.
for word; do case $word in -chdir=*) folder=${{word#-chdir=}};; esac; done
if grep -qs '^provider "aws"' "$folder"/*.tf; then
  cp '{settings}' "$folder/emulator_override.tf"
fi
exec '{terraform}' "$@"
"""


def marked_pages() -> dict[str, str]:
    """Returns the texts of the pages that run in the account, by their path in the repository."""
    texts = {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8") for path in pages()}
    return {name: text for name, text in texts.items() if needs_emulator(text)}


def rewritten_pages(texts: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Runs pages in one account, and yields the name of each with its text, see `page_blocks.rewritten`.

    Args:
        texts: Texts of the pages, see `marked_pages`.
        folder: An empty folder.

    Raises:
        RuntimeError: A block failed, or one that must fail succeeded.
    """
    laptop = folder / "laptop"
    laptop.mkdir()
    with warm_program() as warm, _account(folder) as (programs, variables):
        path = os.pathsep.join([warm, programs])
        deployment, heading, removal = texts[GUIDE].partition(_LAST_SECTION)
        deployment = rewritten(deployment, path, variables, laptop)
        for name in sorted(texts.keys() - {GUIDE}):
            yield name, rewritten(texts[name], path, {**variables, "DEPLOYED": str(laptop)})
        yield GUIDE, deployment + rewritten(heading + removal, path, variables, laptop)


@contextmanager
def _account(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields folders for PATH, and the environment variables of an administrator of an account that enforces IAM."""
    images, programs, modules = (folder / name for name in ("images", "programs", "modules"))
    for each in (images, programs, modules):
        each.mkdir()
    _publish_modules(modules)
    _write_terraform(programs)
    with Emulator() as aws, BedrockRuntime(_answer) as model:
        aws.enforce_iam()
        engine = container_engine(images)
        path = os.pathsep.join([str(programs), engine.pop("PATH")])
        # The provider resolves the credentials of a job before AWS_ENDPOINT_URL.
        endpoints = {**model.environment, **aws.environment, "AWS_ENDPOINT_URL_STS": aws.endpoint}
        yield (
            path,
            {**endpoints, **_administrator(aws), **engine, **_git_settings(modules), **_terraform_settings(folder)},
        )


def _answer(request: Mapping[str, Any]) -> Reply:
    """Stands for a language model: answers the question of datalfred.md from the result of a query."""
    (block, *_) = request["messages"][-1]["content"]
    if "toolResult" not in block:
        return Reply((Call("query", {"sql": _VISITS}),))
    city, visits = json.loads(block["toolResult"]["content"][0]["text"])["csv"].splitlines()[0].split(",")
    return Reply((f"{city} has the most visits: {visits}.",))


def _administrator(aws: Emulator) -> dict[str, str]:
    """Creates a role with all permissions and returns the variables of its credentials."""
    iam, principal = aws.client("iam"), {"AWS": f"arn:aws:iam::{aws.account}:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="platform", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    allowed = _policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="platform", PolicyName="all", PolicyDocument=allowed)
    return {name.upper(): value for name, value in aws.assume_role(role, "ada").items()}


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _publish_modules(folder: Path) -> None:
    """Makes a copy of this repository a Git repository with the tag of its version."""
    copy_repository(folder)
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Release"], ["tag", f"v{version}"]):
        subprocess.run(["git", *author, "-C", folder, *command], check=True)


def _write_terraform(folder: Path) -> None:
    settings = folder / "emulator.tf"
    settings.write_text(f'provider "aws" {{\n{EMULATOR_SETTINGS}}}\n', encoding="utf-8")
    program = folder / "terraform"
    program.write_text(_TERRAFORM.format(settings=settings, terraform=shutil.which("terraform")), encoding="utf-8")
    program.chmod(0o755)


def _git_settings(modules: Path) -> dict[str, str]:
    """Returns variables that make Git clone the folder instead of the modules' repository."""
    name = f"url.file://{modules}.insteadOf"
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": name, "GIT_CONFIG_VALUE_0": _MODULES}


def _terraform_settings(folder: Path) -> dict[str, str]:
    backend = " ".join(f"-backend-config={name}=true" for name in _BACKEND)
    return {
        **LOW_OVERHEAD,
        **{f"TF_CLI_ARGS_{command}": "-no-color" for command in ("plan", "apply", "destroy", "output")},
        "TF_CLI_ARGS_init": f"-no-color {backend}",
        "TF_CLI_CONFIG_FILE": str(write_cli_configuration(folder)),
        "TF_IN_AUTOMATION": "true",
        "TF_INPUT": "false",
    }


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        for name, text in rewritten_pages(marked_pages(), Path(temporary)):
            (REPOSITORY / name).write_text(text, encoding="utf-8")
