"""Permissions of the role of a task that follow from its attributes, as in modules/task_role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datalake_sdk.naming import quarantine_table_name
from datalake_sdk.output_tables import is_pattern
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.limits import OBJECT_PATH_PATTERN
from datalake_sdk.pipelines.secrets import secret_part

_S3 = "arn:aws:s3:::"
_GLUE = "arn:aws:glue:*:*:"
READ_TABLES = ("glue:GetDatabase", "glue:GetTable")
READ_FILES = ("s3:GetObject",)
LIST_FILES = ("s3:ListBucket",)
WRITE_TABLES = ("glue:CreateTable", "glue:UpdateTable")
WRITE_FILES = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
READ_SECRETS = ("secretsmanager:GetSecretValue",)
READ_OBJECTS = ("s3:GetObject",)
WRITE_OBJECTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True)
class Names:
    """Names of an environment in ARNs.

    Args:
        data_bucket: Bucket of the tables.
        database_prefix: Prefix of the names of databases.
    """

    data_bucket: str
    database_prefix: str


PLACEHOLDERS = Names("{project}-{domain}-{stage}-data", "{stage}_")
"""Names if no environment is selected; in stage `prod` the prefix is empty."""


@dataclass(frozen=True)
class Statement:
    """A statement of a policy.

    Args:
        purpose: Reason for the statement, such as `reads sales.orders`.
        actions: Actions.
        resources: Patterns of ARNs, with `*` for region and account.
    """

    purpose: str
    actions: Sequence[str]
    resources: Sequence[str]


def task_permissions(pipeline: Pipeline, task: Task, names: Names) -> list[Statement]:
    """Returns the statements for tables, objects, secrets and `additional_permissions`.

    Every role may also use Athena in the workgroup of the domain, write its own log and call back the state machine.
    """
    return [
        *_table_statements(task, names),
        *_object_statements(pipeline, task),
        *_secret_statements(task),
        *_additional_statements(task),
    ]


def _table_statements(task: Task, names: Names) -> Iterator[Statement]:
    inputs = {table for table in task.input_tables if table}
    for table in sorted(inputs | task.output_tables.keys()):
        glue, files = _table_arns(table, names)
        yield Statement(f"reads {table}", (*READ_TABLES, *READ_FILES, *LIST_FILES), (*glue, files))
    for table in task.output_tables:
        glue, files = _table_arns(table, names)
        yield Statement(f"writes {table}", (*WRITE_TABLES, *WRITE_FILES), (*glue, files))
    for table in task.output_tables:
        if not is_pattern(table):
            glue, files = _table_arns(quarantine_table_name(table), names)
            yield Statement(
                f"quarantines rows of {table}",
                (*READ_TABLES, *READ_FILES, *LIST_FILES, *WRITE_TABLES, *WRITE_FILES),
                (*glue, files),
            )


def _table_arns(table: str, names: Names) -> tuple[tuple[str, str], str]:
    database, name = table.split(".")
    prefixed = f"{names.database_prefix}{database}"
    return (
        (f"{_GLUE}database/{prefixed}", f"{_GLUE}table/{prefixed}/{name}"),
        f"{_S3}{names.data_bucket}/{database}/{name}/*",
    )


def _object_statements(pipeline: Pipeline, task: Task) -> Iterator[Statement]:
    for path in filter(None, task.input_paths):
        yield Statement(f"reads {path}", (*READ_OBJECTS, *LIST_FILES), (_object_arn(path),))
    for trigger in pipeline.triggers.values() if _takes_object(task) else ():
        if trigger.bucket is not None:
            pattern = f"{_S3}{trigger.bucket}/{trigger.prefix}*{trigger.suffix}"
            yield Statement("reads the object of the trigger", (*READ_OBJECTS, *LIST_FILES), (pattern,))
    for path in filter(None, task.output_paths):
        yield Statement(f"writes {path}", WRITE_OBJECTS, (_object_arn(path),))


def _object_arn(path: str) -> str:
    return f"{_S3}{re.sub('/$', '/*', path.removeprefix('s3://'))}"


def _takes_object(task: Task) -> bool:
    """Whether the task receives the key of the object that started the execution."""
    paths = [value for name, value in task.additional_parameters.items() if name.endswith(".$")]
    items = task.for_each.input if task.for_each else None
    return any(re.search(OBJECT_PATH_PATTERN, path) for path in [*paths, items] if path)


def _secret_statements(task: Task) -> Iterator[Statement]:
    for name, reference in task.secrets.items():
        arn, _ = secret_part(reference or "")
        yield Statement(f"reads the secret {name}", READ_SECRETS, (arn,))


def _additional_statements(task: Task) -> Iterator[Statement]:
    for name, permission in task.additional_permissions.items():
        actions, resources = (tuple(filter(None, each or ())) for each in (permission.actions, permission.resources))
        yield Statement(f"additional_permissions.{name}", actions, resources)
    if task.additional_policy is not None:
        yield Statement("additional_permissions, a policy", (), ())
