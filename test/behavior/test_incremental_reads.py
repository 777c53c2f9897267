"""A task reads the rows that were added to a table since its last successful run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from datalake_sdk.engine.table_properties import ORPHAN_AGE_HOURS
from datalake_sdk.errors import (
    InvalidSettingError,
    MissingReadStateError,
    RewrittenRowsError,
    UnknownReadPositionError,
    UnknownSnapshotError,
)
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.settings import TableName
from test.behavior.lake import Lake

OUTPUTS = {"sales.copies": {}, "sales.counts": {}}


class Interruption(Exception):
    """Ends a run."""


class Task:
    """Copies the new rows of a table into one table, and their number into another."""

    def __init__(self, lake: Lake, **since: Any) -> None:
        self.lake = lake
        self.since = {"since": "last_run", **since}

    def job(self, wrapper: Any = NativePythonProcessingWrapper, outputs: Any = OUTPUTS) -> Any:
        return wrapper(
            project_name="shop",
            domain_name="sales",
            stage_name="dev",
            pipeline_name="daily",
            task_name="copy",
            output_tables=outputs,
            local_root=self.lake.local_root,
        )

    def run(
        self, wrapper: Any = NativePythonProcessingWrapper, fails_after: int | None = None, outputs: Any = OUTPUTS
    ) -> list[int]:
        """Runs the task once.

        Args:
            wrapper: Class of the job.
            fails_after: Number of tables after which the run is interrupted.
            outputs: Output tables; None reads environment variables.
        """
        seen: list[int] = []

        def main(job: Any) -> None:
            rows = job.read_table("sales.orders", **self.since)
            frame = rows.toPandas() if hasattr(rows, "toPandas") else rows
            seen.extend(sorted(int(value) for value in frame["id"]))
            for position, (table, batch) in enumerate({"copies": frame, "counts": [{"n": len(frame)}]}.items()):
                if position == fails_after:
                    raise Interruption
                if len(frame):
                    job.ingest(f"sales.{table}", _frame(batch))
            if fails_after == len(OUTPUTS):
                raise Interruption

        try:
            self.job(wrapper, outputs).execute(main)
        except job_failure():
            assert fails_after is not None
        return seen

    def copies(self) -> list[int]:
        return [row["id"] for row in self.lake.named("copies").rows()]


def job_failure() -> type[Exception]:
    return NativePythonProcessingWrapper.ProcessingFailed


def _frame(rows: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(rows)


def test_a_run_reads_the_rows_added_since_the_last_one(lake):
    task = Task(lake)
    lake.ingest([{"id": 1}, {"id": 2}])
    assert task.run() == [1, 2]
    assert task.run() == []
    lake.ingest([{"id": 3}])
    lake.ingest([{"id": 4}])
    lake.maintain()
    assert task.run() == [3, 4]
    assert task.copies() == [1, 2, 3, 4]


@pytest.mark.local_files
@pytest.mark.parametrize("fails_after", [0, 1, 2])
def test_an_interrupted_run_is_repeated_without_losing_or_repeating_rows(lake, fails_after):
    task = Task(lake)
    lake.ingest([{"id": 1}])
    task.run()
    lake.ingest([{"id": 2}])
    assert task.run(fails_after=fails_after) == [2]
    lake.ingest([{"id": 3}])
    assert [*task.run(), *task.run()] == [2, 3]
    assert task.run() == []
    assert task.copies() == [1, 2, 3]
    assert sum(row["n"] for row in lake.named("counts").rows()) == 3


@pytest.mark.local_files
def test_replaced_rows_are_an_error_unless_all_rows_are_wanted(lake):
    task = Task(lake)
    lake.ingest([{"id": 1}])
    task.run()
    lake.ingest([{"id": 2}])
    lake.upsert([{"id": 1}])
    lake.ingest([{"id": 3}])
    with pytest.raises(RewrittenRowsError, match="replaced or deleted rows") as caught:
        task.run()
    assert 'on_rewrite="read_all"' in caught.value.hint
    assert Task(lake, on_rewrite="read_all").run() == [1, 2, 3]
    assert task.run() == []


@pytest.mark.local_files
def test_an_expired_position_is_an_error_unless_all_rows_are_wanted(lake):
    task = Task(lake)
    lake.ingest([{"id": 1}])
    task.run()
    lake.ingest([{"id": 2}])
    lake.ingest([{"id": 3}])
    lake.configure({"datalake_sdk_max_snapshots": "1", ORPHAN_AGE_HOURS.name: "0"})
    lake.maintain()
    with pytest.raises(UnknownReadPositionError, match="it has expired"):
        task.run()
    assert Task(lake, on_rewrite="read_all").run() == [1, 2, 3]


def test_rows_added_after_a_snapshot_are_read(lake):
    first = lake.ingest([{"id": 1, "name": "a"}]).snapshot_id
    lake.ingest([{"id": 2, "name": "b"}])
    job = Task(lake).job()
    assert job.read_table("sales.orders", ["name"], since=first).to_dict("list") == {"name": ["b"]}
    with pytest.raises(UnknownSnapshotError):
        job.read_table("sales.orders", since=7)


@pytest.mark.local_files
def test_invalid_arguments_are_reported(lake):
    lake.ingest([{"id": 1}])
    with pytest.raises(InvalidSettingError, match="since is 'yesterday'; it must be 'last_run' or the id"):
        Task(lake).job().read_table("sales.orders", since="yesterday")
    with pytest.raises(InvalidSettingError, match="on_rewrite is 'skip'"):
        Task(lake).job().read_table("sales.orders", since="last_run", on_rewrite="skip")
    with pytest.raises(MissingReadStateError):
        Task(lake).job(outputs={"sales.*": {}}).read_table("sales.orders", since="last_run")


@pytest.mark.local_files
def test_tasks_have_their_own_positions(lake):
    lake.ingest([{"id": 1}])
    Task(lake).run()
    table = lake.platform.catalog.load_table(TableName("sales", "copies").identifier(lake.platform.environment))
    assert [name for name in table.properties if "_read_" in name] == ["datalake_sdk_read_daily_copy"]


@pytest.mark.local_files
def test_a_position_does_not_depend_on_the_parameters_of_an_execution(lake, monkeypatch):
    def run(key: str, **variables: str) -> list[int]:
        with monkeypatch.context() as patch:
            for name, value in {"TASK_ADDITIONAL_PARAMETERS_key": key, **variables}.items():
                patch.setenv(name, value)
            return Task(lake).run(outputs=None)

    monkeypatch.setenv("OUTPUT_TABLES", json.dumps(OUTPUTS))
    monkeypatch.setenv("DATALAKE_LOCAL_ROOT", str(lake.local_root))
    lake.ingest([{"id": 1}])
    assert run("a.csv") == [1]
    assert run("b.csv") == []
    for other in ({"TASK_ADDITIONAL_PARAMETERS_dataset": "orders"}, {"step_function_map_item": "key=c.csv"}):
        assert run("c.csv", **other) == [1]
        assert run("c.csv", **other) == []
