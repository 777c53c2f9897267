"""Runs that are recorded by the operations themselves, in this process."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest

from datalake_sdk.errors import ContractViolatedError, MissingUpsertKeysError
from datalake_sdk.ledger import delivery, transport
from datalake_sdk.ledger.delivery import Delivery, flush
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState, iterate_runs
from datalake_sdk.ledger.recording import RunRecord, abort_process_run, new_run, recorded
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.operations.maintain_table import maintain_table
from datalake_sdk.operations.recorded_tables import counted_query
from datalake_sdk.platforms.base import QueryStatistics
from datalake_sdk.settings import TableName
from test.openlineage import validate

ORDERS = TableName("shop", "orders")
ROWS = pa.table({"id": [1, 2, 3]})
WRITES = """
import atexit, sys
import pyarrow as pa
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

NativePythonProcessingWrapper(local_root=sys.argv[1]).ingest("shop.orders", pa.table({"id": [1]}))
# The last handler that is registered runs first.
atexit.register(print, "written", flush=True)
"""


@pytest.fixture
def job(tmp_path: Path) -> NativePythonProcessingWrapper:
    return NativePythonProcessingWrapper(local_root=tmp_path / "lake", pipeline_name="daily", task_name="load")


def runs(job: NativePythonProcessingWrapper) -> list[RecordedRun]:
    """All runs, oldest first; checks that their events are valid."""
    assert flush()
    for file in Path(job.platform.run_events.location).rglob("*.json"):
        validate(json.loads(file.read_bytes()))
    return sorted(iterate_runs(job.platform.run_events), key=lambda run: run.run.started)


def test_an_ingestion_is_a_run_of_its_own(job):
    result = job.ingest("shop.orders", ROWS)
    (run,) = runs(job)
    assert (run.run.job.kind, run.run.job.name, run.state) == (
        RunKind.INGESTION,
        "ingest.dev_shop.orders",
        RunState.SUCCEEDED,
    )
    (output,) = run.outputs
    assert (output.name, output.snapshot_id, output.rows) == ("dev_shop.orders", result.snapshot_id, 3)
    assert [(column.name, column.type) for column in output.columns] == [("id", "long")]
    assert [event.type.value for event in run.events] == ["COMPLETE"]
    assert len(list(Path(job.platform.run_events.location).rglob("*.json"))) == 2


def test_a_failed_ingestion_records_its_table_and_the_error_with_its_hint(job):
    with pytest.raises(MissingUpsertKeysError) as raised:
        job.ingest("shop.orders", ROWS, "upsert")
    (run,) = runs(job)
    assert run.state is RunState.FAILED
    assert run.tables == {"dev_shop.orders"}
    assert run.error is not None
    assert (run.error.name, run.error.message, run.error.hint) == (
        "MissingUpsertKeysError",
        raised.value.message,
        raised.value.hint,
    )


def test_what_a_task_reads_and_writes_is_part_of_its_run(job):
    first = job.ingest("shop.orders", ROWS)

    def copy(job):
        rows = job.query("SELECT id FROM dev_shop.orders")
        job.ingest("shop.copies", rows)
        job.ingest("shop.copies", rows)

    job.execute(copy)
    _, run = runs(job)
    assert (run.run.job.kind, run.run.job.name) == (RunKind.TASK, "daily.load")
    assert [(each.name, each.snapshot_id) for each in run.inputs] == [("dev_shop.orders", first.snapshot_id)]
    assert [(each.name, each.rows, each.files) for each in run.outputs] == [("dev_shop.copies", 6, 2)]
    assert run.run.engine is not None


def test_the_error_of_the_code_of_a_task_is_recorded_without_its_wrapper(job):
    with pytest.raises(job.ProcessingFailed):
        job.execute(lambda job: 1 / 0)
    (run,) = runs(job)
    assert run.error is not None
    assert (run.state, run.error.name, run.error.message) == (RunState.FAILED, "ZeroDivisionError", "division by zero")


def test_a_stopped_run_is_aborted(job):
    record = RunRecord(job.platform, new_run(Job(RunKind.TASK, "daily.load")))
    with pytest.raises(KeyboardInterrupt), recorded(record):
        raise KeyboardInterrupt
    assert [run.state for run in runs(job)] == [RunState.ABORTED]


def test_another_thread_can_abort_the_task_of_the_process(job):
    record = RunRecord(job.platform, new_run(Job(RunKind.TASK, "daily.load")))
    with recorded(record, whole_process=True):
        thread = Thread(target=abort_process_run, args=(KeyboardInterrupt(),))
        thread.start()
        thread.join()
    assert [run.state for run in runs(job)] == [RunState.ABORTED]


def test_maintenance_and_deletion_are_recorded(job):
    job.ingest("shop.orders", ROWS)
    maintain_table(job.platform, ORDERS, force=True)
    delete_table(job.platform, ORDERS)
    kinds = [(run.run.job.kind, [each.is_dropped for each in run.outputs]) for run in runs(job)]
    assert kinds == [(RunKind.INGESTION, [False]), (RunKind.MAINTENANCE, [False]), (RunKind.DELETION, [True])]


def test_a_ledger_that_cannot_be_written_fails_no_run_and_warns_once(job, caplog, monkeypatch):
    monkeypatch.setattr(delivery, "_deliveries", None)
    (job.platform.environment.local_root / job.platform.environment.technical_bucket).parent.mkdir()
    (job.platform.environment.local_root / job.platform.environment.technical_bucket).touch()
    for _ in range(3):
        assert job.ingest("shop.orders", ROWS).rows_inserted == 3
    assert flush()
    assert len([record for record in caplog.records if "the run ledger" in record.message]) == 1


def test_a_slow_ledger_neither_delays_runs_nor_grows_without_bound(caplog):
    release, written = Signal(), []
    slow: Delivery[int] = Delivery(lambda item: (release.wait(), written.append(item)), "the run ledger", 3)
    with caplog.at_level(logging.WARNING):
        for number in range(10):
            slow.put(number)
    assert not slow.flush(0)
    release.set()
    assert slow.flush(10)
    assert written[:3] == [0, 1, 2]
    assert 3 <= len(written) <= 4
    assert len(caplog.records) == 1


def test_a_run_inherits_execution_and_parent_from_the_run_that_starts_it(job):
    outer = RunRecord(job.platform, new_run(Job(RunKind.TASK, "daily.load")))
    with recorded(outer):
        inner = new_run(Job(RunKind.MAINTENANCE, "maintain_table.dev_shop.orders"))
    assert inner.parent is not None
    assert (inner.parent.run_id, inner.group_time) == (outer.run.id, outer.run.group_time)


def test_counts_of_several_writes_are_added_and_the_last_snapshot_is_kept(job):
    record = RunRecord(job.platform, new_run(Job(RunKind.TASK, "daily.load")))
    with recorded(record):
        record.wrote(Output("dev_shop.orders"))
        record.wrote(Output("dev_shop.orders", 1, 10, 100, 1))
        record.wrote(Output("dev_shop.orders", None, 0, 0, 0))
    (run,) = runs(job)
    assert run.outputs == (Output("dev_shop.orders", 1, 10, 100, 1),)


class Endpoint:
    """An OpenLineage endpoint that stores what it receives."""

    def __init__(self) -> None:
        self.status = 201
        self.received: list[dict[str, Any]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append({"path": self.path, **json.loads(body)})
                self.send_response(endpoint.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    endpoint = Endpoint()
    thread = Thread(target=endpoint.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{endpoint.server.server_port}")
    monkeypatch.setattr(delivery, "_deliveries", None)
    transport._transport.cache_clear()
    yield endpoint
    endpoint.server.shutdown()
    thread.join()
    endpoint.server.server_close()
    transport._transport.cache_clear()


def test_an_openlineage_endpoint_receives_the_events_of_the_ledger(job, endpoint):
    job.ingest("shop.orders", ROWS)
    assert len(runs(job)) == 1
    assert [event.pop("path") for event in endpoint.received] == ["/api/v1/lineage"] * 2
    files = sorted(Path(job.platform.run_events.location).rglob("*.json"), key=lambda file: "COMPLETE" in file.name)
    assert endpoint.received == [json.loads(file.read_bytes()) for file in files]


def test_a_failing_endpoint_affects_neither_runs_nor_the_ledger(job, endpoint, caplog):
    endpoint.status = 400
    job.ingest("shop.orders", ROWS)
    assert [run.state for run in runs(job)] == [RunState.SUCCEEDED]
    assert len([record for record in caplog.records if "the OpenLineage endpoint" in record.message]) == 1


def test_an_unreachable_endpoint_causes_one_warning(job, endpoint, monkeypatch, caplog):
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    job.ingest("shop.orders", ROWS)
    assert not flush(0.5)
    assert [record.name for record in caplog.records] == ["datalake_sdk.ledger.delivery"]
    assert "events are missing in the OpenLineage endpoint" in caplog.text


def test_the_reason_of_a_warning_is_one_short_line(caplog):
    def fail(item):
        raise RuntimeError("no answer\nCheck the network.\n" + "word " * 500)

    failing = Delivery(fail, "the endpoint")
    failing.put("event")
    assert failing.flush(10)
    (record,) = caplog.records
    assert record.message.startswith("events are missing in the endpoint, runs are not affected: no answer Check the ")
    assert (len(record.message.splitlines()), len(record.message) < 400, record.exc_info) == (1, True, None)


def test_an_interruption_at_the_exit_prints_no_traceback(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path / "lake")],
            env={**os.environ, "OPENLINEAGE_URL": url, "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "written\n"
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        connection.close()
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("value", ["true", "True"])
def test_the_standard_variable_disables_the_endpoint(job, endpoint, monkeypatch, value):
    monkeypatch.setenv("OPENLINEAGE_DISABLED", value)
    job.ingest("shop.orders", ROWS)
    assert len(runs(job)) == 1
    assert endpoint.received == []


def test_without_the_package_the_endpoint_is_reported_with_its_extra(job, endpoint, monkeypatch, caplog):
    monkeypatch.setattr(transport, "find_spec", lambda name: None)
    job.ingest("shop.orders", ROWS)
    assert len(runs(job)) == 1
    assert "datalake-sdk[openlineage]" in caplog.text


@pytest.mark.parametrize(("amount", "state"), [(5, RunState.SUCCEEDED), (-1, RunState.FAILED)])
def test_the_results_of_the_checks_of_a_contract_are_recorded(job, tmp_path, monkeypatch, amount, state):
    folder = tmp_path / "tables_configuration"
    folder.mkdir()
    (folder / "shop.orders.yaml").write_text(
        "schema:\n  amount:\n    type: long\n    logicalTypeOptions: {minimum: 0}\n    required: true\n"
    )
    job = NativePythonProcessingWrapper(local_root=tmp_path / "lake", tables_configuration=folder)
    with contextlib.suppress(ContractViolatedError):
        job.ingest("shop.orders", pa.table({"amount": [amount]}))
    (run,) = runs(job)
    assert run.state is state
    (output,) = run.outputs
    violated = [check.violations for check in output.checks if not check.passed]
    assert violated == ([] if state is RunState.SUCCEEDED else [1])
    assert {check.column for check in output.checks} == {"amount"}


def test_the_bytes_that_queries_scan_are_part_of_the_cost(job):
    reported = []
    record = RunRecord(job.platform, new_run(Job(RunKind.TASK, "daily.load")))
    with recorded(record):
        for count in (100, 20):
            counted_query(reported.append)(QueryStatistics(1.0, count, 0.0))
    (run,) = runs(job)
    assert run.cost is not None
    assert run.cost.bytes_scanned == 120
    assert len(reported) == 2
