"""Rewrites the table of roles and permissions in `security.md`, from the policy documents of the Terraform modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doc_resources.page_parts import with_part

REPOSITORY = Path(__file__).parents[1]
PAGE = Path(__file__).parent / "security.md"
_TASK, _STATES = "pipeline_factory/modules/task_role", "pipeline_factory/modules/state_machine_role"
ROLES = {
    "Task": sorted(str(file.relative_to(REPOSITORY)) for file in (REPOSITORY / _TASK).glob("*.tf")),
    "State machine": sorted(str(file.relative_to(REPOSITORY)) for file in (REPOSITORY / _STATES).glob("*.tf")),
    "Start of tasks on ECS": ["pipeline_factory/execution_role.tf"],
    "Triggers": ["pipeline_factory/trigger_role.tf"],
    "Consumers and Datalfred": ["domain_factory/consumer_policy.tf"],
    "Failsafe": ["domain_factory/failsafe.tf"],
    "Failure reports": ["domain_factory/failure_reports_policy.tf", "domain_factory/investigation.tf"],
    "Freshness check": ["domain_factory/freshness_check_policy.tf"],
    "Lake Formation, for the data bucket": ["domain_factory/lake_formation.tf"],
    "EMR Studio and notebooks": ["domain_factory/emr_studio_roles.tf"],
    "Users of EMR Studio": ["domain_factory/emr_studio_users.tf"],
    "Redshift, to load staged rows": ["domain_factory/redshift.tf"],
    "Ingestion API": ["modules/ingestion_api/roles.tf"],
}
"""Files of the policies of each role, relative to the repository."""
# `terraform fmt`, which the tests check, determines the indentation.
_DOCUMENT = re.compile(r'^data "aws_iam_policy_document" "\w+" \{\n(.*?)^\}', re.DOTALL | re.MULTILINE)
_STATEMENT = re.compile(r'^  (?:dynamic "statement"|statement) \{\n(.*?)^  \}', re.DOTALL | re.MULTILINE)
_ACTIONS = re.compile(r"^ +actions += (\[.*?\]|[^\[\n].*?\n)", re.DOTALL | re.MULTILINE)
_ACTION = re.compile(r'"([a-z0-9-]+:[A-Za-z*]+)')
_RESOURCES = re.compile(r"^ +resources += (\[[^\n]*\]\n|\[\n.*?^ +\])", re.DOTALL | re.MULTILINE)
_SID = re.compile(r'sid += "([^"]+)"')


@dataclass(frozen=True)
class Statement:
    """A statement of a policy of a role.

    Args:
        name: Its `sid`.
        actions: Its actions; empty if an expression of the module determines them.
        resources: Its resources, without partition, region and account; empty if an expression determines them.
        is_conditional: Whether it has a condition.
    """

    name: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    is_conditional: bool


def statements(files: list[str]) -> Iterator[Statement]:
    """Yields the statements that permit actions of a role: those without principals, which trust policies have."""
    for file in files:
        for document in _DOCUMENT.findall((REPOSITORY / file).read_text(encoding="utf-8")):
            for source in _STATEMENT.findall(document):
                if "principals {" not in source and _ACTIONS.search(source):
                    yield _statement(source)


def table() -> str:
    """Returns the table of all roles."""
    rows = ["| role | statement | actions | resources |", "|---|---|---|---|"]
    for role, files in ROLES.items():
        links = ", ".join(f"[`{Path(file).name}`](../{file})" for file in files if list(statements([file])))
        rows += [f"| **{role}** ({links}) | | | |", *map(_row, statements(files))]
    return "\n".join(rows)


def rewritten(page: str) -> str:
    """Returns the page with the current table."""
    return with_part(page, "PERMISSIONS", table())


def policy_files() -> set[str]:
    """Returns the files of the modules with a statement that permits actions of a role, relative to the repository."""
    files = [file for folder in ("domain_factory", "modules", "pipeline_factory") for file in _modules(folder)]
    return {file for file in files if any(statements([file]))}


def _modules(folder: str) -> Iterator[str]:
    for file in (REPOSITORY / folder).rglob("*.tf"):
        if not {"examples", "tests", ".terraform"} & set(file.parts):
            yield str(file.relative_to(REPOSITORY))


def _statement(source: str) -> Statement:
    name = _SID.search(source)
    return Statement(
        name=re.sub(r"\$\{.*\}", "", name[1]) if name else "additional_permissions",
        actions=tuple(sorted(_ACTION.findall(_ACTIONS.findall(source)[0]))),
        resources=_resources(source),
        is_conditional="condition {" in source,
    )


def _resources(source: str) -> tuple[str, ...]:
    found = _RESOURCES.search(source)
    expression = re.sub(r'\["(\w+)"\]', r".\1", found[1]) if found else ""
    if strings := re.findall(r'"([^"]+)"', expression):
        return tuple(map(_short, strings))
    if names := re.findall(r"\b(?:local|module|var)\.([\w.]+)", expression):
        return tuple(f"{{{name}}}" for name in names)
    return ("*",) if '["*"]' in source else ()


def _short(resource: str) -> str:
    """`{technical_bucket_arn}/runs/*` for `${local.technical_bucket_arn}/runs/*`."""
    without_account = re.sub(r"^arn:\$\{[^}]+\}:[\w-]+:(\$\{local.account\}:|::)?", "", resource)
    return re.sub(r"\$\{(?:local|module|var|each|statement|data)?\.?([\w.]+)[^}]*\}", r"{\1}", without_account)


def _row(statement: Statement) -> str:
    actions = ", ".join(f"`{action}`" for action in statement.actions) or "see the source"
    resources = ", ".join(f"`{resource}`" for resource in statement.resources) or "see the source"
    return f"| | {statement.name} | {actions} | {resources}{'; a condition' if statement.is_conditional else ''} |"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
