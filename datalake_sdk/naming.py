"""Names of all resources of the platform: pure functions, mirrored by `locals.tf` in the Terraform modules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from hashlib import sha1

from datalake_sdk.errors import InvalidNameError, ReservedTableError, UnknownFieldsError

GLUE_NAME_LIMIT = 255
"""https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html"""
IAM_ROLE_LIMIT = 64
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
BUCKET_LIMIT = 63
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

PRODUCTION_STAGE = "prod"
MODEL_SIZES = ("small", "medium", "large")
AGENT_GROUP = "datalfred"
"""Reserved consumer group, in whose workgroup Datalfred queries with a role of its own."""
PIPELINE_PROPERTY = "datalake_sdk_pipeline_name"
"""Pipeline of the last write."""
TASK_PROPERTY = "datalake_sdk_task_name"
"""Task of the last write."""
DESCRIPTION_PROPERTY = "comment"
"""Description of the table, which Glue, Athena and Spark show."""
QUARANTINE_SUFFIX = "__quarantine"
"""Reserved suffix of the tables with the rows that violate the contract of a table."""
_HASH_LENGTH = 9
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def normalized_stage_name(stage: str) -> str:
    """Converts the name of a stage, for example of a branch, for use in database names: `feature/X-1` to `feature_x_1`.

    Characters other than letters, digits and `_` become `_`, letters become lower case, and `s` is prepended to a name
    that does not start with a letter: `123-fix` becomes `s123_fix`. Names in lower snake_case are unchanged, and so are
    names without letters and digits, which are invalid.
    """
    name = re.sub(r"[^A-Za-z0-9_]+", "_", stage).lower()
    if not name.strip("_"):
        return stage
    return name if name[0].isalpha() else f"s{name}"


def environment_name(project: str, domain: str, stage: str) -> str:
    """`{project}_{domain}_{stage}`."""
    return f"{project}_{domain}_{stage}"


def database_prefix(stage: str) -> str:
    """`{stage}_`; empty in production."""
    return "" if stage == PRODUCTION_STAGE else f"{stage}_"


def database_name(stage: str, database: str) -> str:
    """Name of a database in the catalog; `database` has no stage prefix."""
    return database_prefix(stage) + database


def workgroup_name(environment: str, consumer_group: str | None = None) -> str:
    """`{environment}_{consumer_group}`, or the environment without a group."""
    return environment if consumer_group is None else f"{environment}_{consumer_group}"


def unload_folder(consumer_group: str | None = None) -> str:
    """Folder of unloaded results: `athena/consumers/{consumer_group}/unload`, or `athena/unload` without a group."""
    return "athena/unload" if consumer_group is None else f"athena/consumers/{consumer_group}/unload"


def data_bucket_name(project: str, domain: str, stage: str) -> str:
    """`{project}-{domain}-{stage}-data`, with dashes instead of underscores."""
    return _bucket_name(project, domain, stage, "data")


def technical_bucket_name(project: str, domain: str, stage: str) -> str:
    """`{project}-{domain}-{stage}-technical`, with dashes instead of underscores."""
    return _bucket_name(project, domain, stage, "technical")


def table_bucket_name(project: str, domain: str, stage: str) -> str:
    """`{project}-{domain}-{stage}-tables`, with dashes instead of underscores."""
    return _bucket_name(project, domain, stage, "tables")


def state_machine_name(environment: str, pipeline: str) -> str:
    """`{environment}_{pipeline}`."""
    return f"{environment}_{pipeline}"


def task_role_name(environment: str, pipeline: str, task: str) -> str:
    """`{environment}_{pipeline}_{task}`, shortened to the limit of IAM."""
    return shortened(f"{environment}_{pipeline}_{task}", IAM_ROLE_LIMIT)


def log_group_name(environment: str, pipeline: str, task: str) -> str:
    """`{environment}_{pipeline}/{task}`."""
    return f"{environment}_{pipeline}/{task}"


def parameter_path(environment: str) -> str:
    """`/datalake/{environment}`: path of an environment's parameters in Parameter Store."""
    return f"/datalake/{environment}"


def task_parameters_path(environment: str, pipeline: str) -> str:
    """`/datalake/{environment}/{pipeline}/tasks`: path of the requests that run the tasks of a pipeline."""
    return f"{parameter_path(environment)}/{pipeline}/tasks"


def task_parameter_name(environment: str, pipeline: str, task: str) -> str:
    """`/datalake/{environment}/{pipeline}/tasks/{task}`."""
    return f"{task_parameters_path(environment, pipeline)}/{task}"


def pipeline_parameter_name(environment: str, pipeline: str) -> str:
    """`/datalake/{environment}/{pipeline}/operations`: what is needed to operate a pipeline."""
    return f"{parameter_path(environment)}/{pipeline}/operations"


def datasets_path(environment: str) -> str:
    """`/datalake/{environment}/registered-datasets`: path of the datasets by pipeline.

    Names of pipelines do not contain `-`.
    """
    return f"{parameter_path(environment)}/registered-datasets"


def agent_role_parameter_name(environment: str) -> str:
    """`/datalake/{environment}/datalfred_role_arn`: the role with which Datalfred queries."""
    return f"{parameter_path(environment)}/{AGENT_GROUP}_role_arn"


def model_profile_name(environment: str, size: str) -> str:
    """`{environment}_{size}`: application inference profile of a model size."""
    return f"{environment}_{size}"


def shortened(name: str, limit: int) -> str:
    """Shortens a name to `limit` characters, of which the last 10 are `_` and 9 hex digits of its SHA-1."""
    if len(name) <= limit:
        return name
    digest = sha1(name.encode(), usedforsecurity=False).hexdigest()[:_HASH_LENGTH]
    return f"{name[: limit - _HASH_LENGTH - 1]}_{digest}"


def check_identifier(field: str, value: str) -> str:
    """Returns a project, domain, stage, database or table name if it is valid for all services.

    Raises:
        InvalidNameError: The name is not lower snake_case, or too long for Glue.
    """
    if not _IDENTIFIER.fullmatch(value) or len(value) > GLUE_NAME_LIMIT:
        rule = f"lower-case letters, digits and '_', starting with a letter, at most {GLUE_NAME_LIMIT} characters"
        raise InvalidNameError(field, value, rule)
    return value


def quarantine_table_name(table: str) -> str:
    """`{table}__quarantine`."""
    return table + QUARANTINE_SUFFIX


def check_not_quarantine(field: str, table: str) -> None:
    """Checks that a table that a task or an ingestion writes is not a quarantine.

    Raises:
        ReservedTableError: The name has the reserved suffix.
    """
    if table.endswith(QUARANTINE_SUFFIX):
        raise ReservedTableError(field, table, table.removesuffix(QUARANTINE_SUFFIX))


def check_fields(place: str, given: Iterable[object], valid: Collection[str]) -> None:
    """Checks that a mapping has only known fields.

    Args:
        place: Name of the mapping, for the message.
        given: Names of its fields.
        valid: Names of the known fields.

    Raises:
        UnknownFieldsError: Fields are unknown; all of them are listed, each with a suggestion.
    """
    unknown = sorted(str(name) for name in given if name not in valid)
    if unknown:
        raise UnknownFieldsError(place, unknown, valid)


def normalized_column_name(name: str) -> str:
    """Converts a column name to lower snake_case: `Départ (heure)` to `depart_heure`, `arrTime` to `arr_time`.

    Letters of other scripts are transliterated: `Цена` becomes `tsena`, `名前` becomes `ming_qian`.

    Returns:
        A name of a-z, 0-9 and `_` that does not start with a digit; empty if no character can be converted.
    """
    plain = name if name.isascii() else _latin(name)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    snake = re.sub(r"[^a-z0-9_]+", "_", spaced.lower())
    snake = re.sub(r"_{2,}", "_", snake) if snake != name else snake
    stripped = snake if snake == name else snake.strip("_")
    return f"_{stripped}" if stripped[:1].isdigit() else stripped


def _latin(name: str) -> str:
    text = unicodedata.normalize("NFC", name)
    return "".join(_latin_letters(character, text[index + 1 :]) for index, character in enumerate(text))


def _latin_letters(character: str, following: str) -> str:
    if character.isascii() or unicodedata.combining(character):
        return character if character.isascii() else ""
    base = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    category = unicodedata.category(character)[0]
    if base.isascii() or category not in "LMN":
        return base
    from anyascii import anyascii

    letters = anyascii(character)
    if category != "N":
        letters = "".join(filter(str.isalnum, letters))
    return letters.upper() if character.isupper() and not following[:1].islower() else letters


def _bucket_name(project: str, domain: str, stage: str, purpose: str) -> str:
    name = f"{project}-{domain}-{stage}-{purpose}".replace("_", "-")
    if len(name) > BUCKET_LIMIT:
        rule = f"at most {BUCKET_LIMIT} characters (it has {len(name)})"
        raise InvalidNameError("bucket name", name, rule, hint="Choose a shorter project, domain or stage name.")
    return name
