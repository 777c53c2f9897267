from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import pytest

from datalake_sdk.errors import AccessDeniedError, BufferInUseError, StorageError
from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.ingestion_api.server import PeriodicWriter
from datalake_sdk.platforms.ingestion_buffer import AcceptedRows, RequestRecord
from datalake_sdk.platforms.local.ingestion_buffer import LocalBuffer
from test.unit.ingestion_api.conftest import Table, accept


class KilledError(BaseException):
    """The writer is killed."""


class StoppingAt:
    """Forwards calls to an object, and kills the writer before or after the call with the given number."""

    def __init__(self, target: object, step: int, steps: list[str]) -> None:
        self._target = target
        self._step = step
        self._steps = steps

    def __getattr__(self, name):
        def call(*arguments):
            self._count(f"before {name}")
            result = getattr(self._target, name)(*arguments)
            self._count(f"after {name}")
            return result

        return call

    def _count(self, name: str) -> None:
        self._steps.append(name)
        if len(self._steps) > self._step:
            raise KilledError


def write_until(step: int, folder: Path, table: Table) -> list[str]:
    """Writes two new requests and those of earlier writers in a writer that is killed; returns its steps."""
    steps: list[str] = []
    with closing(LocalBuffer(folder, "dev_sales.orders")) as buffer:
        accept(buffer, f"{step}-a", f"{step}-b")
        writer = BatchWriter(StoppingAt(buffer, step, steps), StoppingAt(table, step, steps).commit)
        with suppress(KilledError):
            buffer.remove(writer.write(buffer.receive(1000, ())).written)
    return steps


def test_a_writer_that_is_killed_at_any_step_neither_loses_nor_repeats_rows(tmp_path, table):
    number = 0
    while len(write_until(number, tmp_path, table)) > number:
        number += 1
    assert len(table.commits) > 1
    assert sorted(table.requests) == sorted(f"{step}-{name}" for step in range(number + 1) for name in "ab")


def test_a_request_that_cannot_be_written_does_not_hold_up_others(buffer, table):
    accept(buffer, *map(str, range(20)), "poison", *map(str, range(20, 40)))
    result = BatchWriter(buffer, table.commit).write(buffer.receive(10_000, ()))
    assert sorted(table.requests, key=int) == [str(number) for number in range(40)]
    assert (result.written, result.rejected) == (set(table.requests), {"poison"})
    assert len(table.commits) < 10


def test_a_commit_has_a_limited_size(buffer, table):
    for number, request in enumerate("abc"):
        rows = AcceptedRows(request, "x" * 12_000_000, number)
        buffer.add(RequestRecord(request, "digest"), rows)
    BatchWriter(buffer, table.commit).write(buffer.receive(100_000_000, ()))
    assert list(table.commits.values()) == [["a", "b"], ["c"]]


def test_updates_are_written_in_the_order_of_their_acceptance(buffer, table):
    accept(buffer, "a", "b", "c", "poison", *"defg")
    buffer.claim(list(buffer.find(["a"]).values()), "of a killed writer")
    BatchWriter(buffer, table.commit, in_order=True).write(buffer.receive(1000, ()))
    assert table.requests == list("abcdefg")


def test_a_failed_request_stays_in_the_queue_and_is_written_after_a_repair(buffer, table):
    accept(buffer, "poison", "a")
    periodic = PeriodicWriter(buffer, BatchWriter(buffer, table.commit), 1)
    periodic.write_accepted()
    assert [rows.request for rows in buffer.receive(1000, ())] == ["poison"]
    BatchWriter(buffer, lambda batch, content: 7).write(buffer.receive(1000, ()))
    assert buffer.outcomes([buffer.find(["poison"])["poison"].batch]).popitem()[1].snapshot_id == 7


@pytest.mark.parametrize("in_order", [True, False])
def test_many_failed_requests_do_not_hold_up_others(buffer, table, in_order):
    requests = [f"poison {number}" if number % 20 == 0 else str(number) for number in range(400)]
    accept(buffer, *requests)
    PeriodicWriter(buffer, BatchWriter(buffer, table.commit, in_order=in_order), 1).write_accepted()
    assert sorted(table.requests) == sorted(request for request in requests if request.isdigit())
    left = [rows.request for rows in buffer.receive(100_000, ())]
    assert left == [request for request in requests if not request.isdigit()]


@pytest.mark.parametrize(
    "error", [StorageError("orders", "timeout"), AccessDeniedError("s3:PutObject", "orders", "no policy")]
)
def test_a_table_that_cannot_be_written_leaves_all_requests_to_the_next_attempt(buffer, table, error):
    def fails(*_):
        raise error

    accept(buffer, "a", "b")
    with pytest.raises(type(error)):
        BatchWriter(buffer, fails).write(buffer.receive(1000, ()))
    assert BatchWriter(buffer, table.commit).write(buffer.receive(1000, ())).written == {"a", "b"}


def test_a_batch_of_another_writer_is_closed_before_its_requests_are_written(buffer, table):
    accept(buffer, "a")
    buffer.claim(list(buffer.find(["a"]).values()), "slow")
    BatchWriter(buffer, table.commit).write(buffer.receive(1000, ()))
    assert buffer.seal("slow", buffer.receive(1000, ())) == []
    assert table.requests == ["a"]


def test_one_process_serves_a_table(tmp_path, buffer):
    with pytest.raises(BufferInUseError, match="another process already serves this table"):
        LocalBuffer(tmp_path, "dev_sales.orders")
