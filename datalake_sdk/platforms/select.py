"""Selects the platform of an environment; no other module does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalake_sdk import naming
from datalake_sdk.errors import MissingExtraError, MissingSettingError
from datalake_sdk.settings import Environment, TableStorage, choice

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from datalake_sdk.platforms.aws.ingestion_buffer import AwsBuffer
    from datalake_sdk.platforms.base import Platform, TableReference, TaskReporter
    from datalake_sdk.platforms.ingestion_buffer import BufferLocation
    from datalake_sdk.platforms.local.ingestion_buffer import LocalBuffer
    from datalake_sdk.sql.duckdb.conditions import DuckdbCondition

LOCAL_NAMES = {"project_name": "local", "domain_name": "lake", "stage_name": "dev"}
"""Default names of a local environment."""


def resolve_environment(
    project_name: str | None,
    domain_name: str | None,
    stage_name: str | None,
    region: str | None = None,
    local_root: Path | str | None = None,
    consumer_group: str | None = None,
    table_storage: str | None = None,
) -> Environment:
    """Builds an environment; with `local_root` the names have defaults.

    A stage can be the name of a branch, for example `feature-x`; see `naming.normalized_stage_name`.

    Raises:
        MissingSettingError: Names are missing and `local_root` is None; all of them are listed.
        InvalidNameError: A name is invalid for a service.
        InvalidSettingError: The table storage does not exist.
    """
    given = {"project_name": project_name, "domain_name": domain_name, "stage_name": stage_name}
    defaults = {} if local_root is None else LOCAL_NAMES
    names = defaults | {setting: name for setting, name in given.items() if name}
    missing = [setting for setting in given if setting not in names]
    if missing:
        raise MissingSettingError(missing)
    return Environment(
        project_name=names["project_name"],
        domain_name=names["domain_name"],
        stage_name=naming.normalized_stage_name(names["stage_name"]),
        region=region,
        local_root=None if local_root is None else Path(local_root),
        consumer_group=consumer_group or None,
        table_storage=choice("table_storage", table_storage or None, TableStorage.S3),
    )


def open_platform(environment: Environment, boto_session: Any = None, agent_role: str | None = None) -> Platform:
    """Opens the platform of an environment; creates nothing.

    Args:
        environment: Environment to open.
        boto_session: boto3 session with the credentials to use on AWS; None uses those of the process.
        agent_role: ARN of a role to assume on AWS, with these credentials; None keeps them.

    Raises:
        AgentRoleError: The role cannot be assumed.
        LakeRootError: The folder cannot hold a lake.
        MissingExtraError: The packages for AWS are not installed.
    """
    if environment.local_root is None:
        return _open_aws(environment, boto_session, agent_role)
    from datalake_sdk.platforms.local.platform import LocalPlatform

    return LocalPlatform(environment, environment.local_root)


def duckdb_condition(condition: str) -> DuckdbCondition:
    """Translates a condition from Athena's dialect to DuckDB's, on every platform.

    Raises:
        MissingExtraError: The packages for the translation are not installed.
        DatalakeError: The condition is invalid.
    """
    try:
        from datalake_sdk.sql.duckdb import conditions
    except ModuleNotFoundError as error:
        raise MissingExtraError("local", error.name or str(error)) from error
    return conditions.duckdb_condition(condition)


def query_columns(
    statement: str, columns: Callable[[TableReference], pa.Schema], database: str | None = None
) -> pa.Schema:
    """Returns the columns of a query's result, by binding it to empty tables.

    Args:
        statement: One query in Athena's dialect.
        columns: Returns the columns of a table; its errors are raised.
        database: Database of unqualified tables.

    Raises:
        MissingExtraError: The packages for local queries are not installed.
        DatalakeError: The query is invalid, or cannot be bound.
    """
    try:
        from datalake_sdk.platforms.local.sql import LocalSql
        from datalake_sdk.temporary_folders import process_folder
    except ModuleNotFoundError as error:
        raise MissingExtraError("local", error.name or str(error)) from error
    rows = LocalSql(process_folder()).query(statement, lambda table: columns(table).empty_table(), database=database)
    with rows:
        return rows.schema


def open_task_reporter(region: str | None, local_root: str | None = None) -> TaskReporter:
    """Opens the client for task callbacks, which a task needs even if its environment cannot be opened.

    Args:
        region: Region of the state machine; None uses the configured region.
        local_root: Folder of an embedded lake; the task then reports to a local run.

    Raises:
        MissingExtraError: The packages for AWS are not installed.
    """
    if local_root:
        from datalake_sdk.platforms.local.task_reports import FileReporter

        return FileReporter()
    try:
        from datalake_sdk.platforms.aws.step_functions import StepFunctionsReporter
    except ModuleNotFoundError as error:
        raise MissingExtraError("aws", error.name or str(error)) from error
    return StepFunctionsReporter(region)


def open_local_buffer(root: Path, table: str) -> LocalBuffer:
    """Opens the accepted requests of a table of an embedded lake; only one process can do so.

    Args:
        root: Folder of the lake.
        table: Name of the table in the catalog.

    Raises:
        BufferInUseError: Another process has opened them.
        NotWritableLakeError: The folder is not writable.
    """
    from datalake_sdk.platforms.local.ingestion_buffer import LocalBuffer

    return LocalBuffer(root, table)


def open_aws_buffer(region: str | None, location: BufferLocation) -> AwsBuffer:
    """Opens the accepted requests of a table on AWS.

    Args:
        region: Region of the resources; None uses the configured region.
        location: Resources that hold the requests.
    """
    from datalake_sdk.platforms.aws.ingestion_buffer import AwsBuffer
    from datalake_sdk.platforms.aws.session import AwsSession

    return AwsBuffer(AwsSession(region), location)


def _open_aws(environment: Environment, boto_session: Any, agent_role: str | None) -> Platform:
    try:
        from datalake_sdk.platforms.aws.agent_role import assumed_session
        from datalake_sdk.platforms.aws.platform import AwsPlatform
        from datalake_sdk.platforms.aws.s3_tables_platform import S3TablesPlatform
        from datalake_sdk.platforms.aws.session import AwsSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("aws", error.name or str(error)) from error
    if agent_role is not None:
        boto_session = assumed_session(AwsSession(environment.region, boto_session), agent_role)
    platform = S3TablesPlatform if environment.table_storage is TableStorage.S3_TABLES else AwsPlatform
    return platform(environment, boto_session)
