"""Tools that change something; each call needs an approval."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from datalake_sdk.datalfred_agent.file_tools import FILE
from datalake_sdk.datalfred_agent.folder import Folder, content_hash, last_change
from datalake_sdk.datalfred_agent.names import EXECUTION_NAME, IDENTIFIER, NAME, PIPELINE
from datalake_sdk.datalfred_agent.tools import Arguments, Tool
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations.executions import start_execution
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.maintain_table import maintain_table
from datalake_sdk.operations.redrive import find_execution, redrive_execution
from datalake_sdk.operations.run_pipeline import PlannedRun, plan_run, run_pipeline
from datalake_sdk.operations.run_task import run_task
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER, load_table_configuration
from datalake_sdk.pipelines.file import read_pipeline
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName

_LOG_LINES = 100


class MaintainTable(Arguments):
    """Compacts the files of a table, expires old snapshots and removes unreferenced files. Needs an approval."""

    database: str = NAME
    table: str = NAME
    force: bool = Field(False, description="Run every step, even if no threshold is reached.")


class Ingest(Arguments):
    """Writes a file of the user's folder to a table in one commit, creating the table if needed. Needs an approval."""

    database: str = NAME
    table: str = NAME
    file: str = FILE
    mode: Literal["append", "overwrite", "overwrite_partitions", "upsert"] = Field(
        description="How the rows change the table: overwrite replaces all of its rows."
    )
    upsert_keys: tuple[str, ...] = Field((), description="Columns that identify a row; required by upsert.")
    partition_keys: tuple[str, ...] | None = Field(
        None, description="Columns or transforms such as day(ts); null keeps the partitioning of the table."
    )


class Redrive(Arguments):
    """Continues a failed execution of a deployed pipeline from the tasks that failed. Needs an approval."""

    pipeline: str = PIPELINE
    execution: str = Field(pattern=EXECUTION_NAME, description="Name of the execution.")


class RunTask(Arguments):
    """Runs one task of a deployed pipeline, waits for it, and returns the end of its log. Needs an approval."""

    pipeline: str = PIPELINE
    task: str = Field(pattern=IDENTIFIER, description="Name of the task.")
    parameters: dict[str, str] = Field(default_factory=dict, description="Override parameters of the task.")


class StartPipeline(Arguments):
    """Starts an execution of a deployed pipeline without waiting for it. Needs an approval."""

    pipeline: str = PIPELINE
    input: dict[str, Any] = Field(default_factory=dict, description="Input of the execution.")


class RunPipelineFile(Arguments):
    """Runs a pipeline file of the user's folder on this machine, and waits for its tasks. Needs an approval."""

    file: str = FILE
    input: dict[str, Any] = Field(default_factory=dict, description="Input of the run.")
    task: str | None = Field(None, pattern=IDENTIFIER, description="Run only this task.")


def writing_tools(platform: Platform, folder: Folder | None) -> list[Tool[Any]]:
    """Returns the tools that write.

    Args:
        platform: Platform of the environment.
        folder: Folder of the files that can be ingested or run; None if there is none.
    """

    async def maintain(given: MaintainTable) -> Any:
        table = TableName(given.database, given.table)
        return (await asyncio.to_thread(maintain_table, platform, table, force=given.force)).as_dict()

    return [
        Tool("maintain_table", MaintainTable, maintain, writes=True),
        *([] if folder is None else [_ingestion_tool(platform, folder)]),
        *([] if platform.pipelines is None else _deployed_pipeline_tools(platform)),
        *([] if platform.tasks is None else [_task_tool(platform)]),
        *([] if folder is None or platform.environment.local_root is None else [_local_run_tool(platform, folder)]),
    ]


def _ingestion_tool(platform: Platform, folder: Folder) -> Tool[Ingest]:
    def resolve(given: Ingest) -> Mapping[str, Any]:
        path = folder.file(given.file)
        return {"path": str(path), "bytes": path.stat().st_size, **_version([path])}

    async def run(given: Ingest) -> Any:
        table = TableName(given.database, given.table)
        request = IngestionRequest(
            table,
            IngestionMode(given.mode),
            given.upsert_keys,
            given.partition_keys,
            load_table_configuration(table, folder.root / DEFAULT_FOLDER),
        )
        files = FileInput(str(folder.file(given.file)))
        return (await asyncio.to_thread(ingest, platform, request, files)).as_dict()

    return Tool("ingest", Ingest, run, writes=True, resolve=resolve)


def _deployed_pipeline_tools(platform: Platform) -> list[Tool[Any]]:
    async def redrive(given: Redrive) -> Any:
        execution = await asyncio.to_thread(find_execution, platform, given.pipeline, given.execution)
        await asyncio.to_thread(redrive_execution, platform, execution)
        return {"redriven": execution.name, "link": execution.link}

    async def start(given: StartPipeline) -> Any:
        return asdict(await asyncio.to_thread(start_execution, platform, given.pipeline, given.input))

    return [
        Tool("redrive", Redrive, redrive, writes=True),
        Tool("run_pipeline", StartPipeline, start, writes=True),
    ]


def _task_tool(platform: Platform) -> Tool[RunTask]:
    async def run(given: RunTask) -> Any:
        lines: deque[str] = deque(maxlen=_LOG_LINES)
        await asyncio.to_thread(
            run_task, platform, given.pipeline, given.task, given.parameters, lambda _run: None, lines.append
        )
        return {"task": given.task, "log": list(lines)}

    return Tool("run_task", RunTask, run, writes=True)


def _local_run_tool(platform: Platform, folder: Folder) -> Tool[RunPipelineFile]:
    def planned(given: RunPipelineFile) -> PlannedRun:
        pipeline = read_pipeline(folder.file(given.file))
        return plan_run(platform.environment, pipeline, given.input or None, task=given.task)

    def resolve(given: RunPipelineFile) -> Mapping[str, Any]:
        run, path = planned(given), folder.file(given.file)
        folders = {task.name: run.pipeline.task_folder(task).resolve() for task in run.tasks}
        return {
            "path": str(path),
            "pipeline": run.pipeline.name,
            "tasks": {name: str(each) for name, each in folders.items()},
            **_version([path, *_sources(folders.values())]),
        }

    async def run(given: RunPipelineFile) -> Any:
        started = planned(given)
        statuses = await asyncio.to_thread(run_pipeline, started, lambda _status: None)
        tasks = [
            {"task": each.task, "state": str(each.state), "rows": each.rows, "error": each.error, "hint": each.hint}
            for each in statuses
        ]
        return {"run_id": started.run.id, "tasks": tasks}

    return Tool("run_pipeline", RunPipelineFile, run, writes=True, resolve=resolve)


def _version(paths: Sequence[Path]) -> dict[str, str | None]:
    """What changes with any of the files; an approval of other files is invalid."""
    return {"modified": max(map(last_change, paths)), "sha256": content_hash(paths)}


def _sources(folders: Iterable[Path]) -> list[Path]:
    """Returns what a run reads from the folders of its tasks."""
    found = (folder / name for folder in folders for name in ("code", "requirements.txt"))
    return [path for path in found if path.exists()]
