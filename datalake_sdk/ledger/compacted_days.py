"""Days of the ledger as one Parquet file each, sorted by the names of the events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from datalake_sdk.platforms.run_events import RunEventStore

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_GROUP = 1000
_PREFIX = "compacted-"


@dataclass(frozen=True)
class StoredEvent:
    """A stored event.

    Args:
        name: Its name, as in `EventKey`.
        content: JSON; None if it is an object of its own.
    """

    name: str
    content: bytes | None = None


def compacted_events(store: RunEventStore, day: str) -> Iterator[StoredEvent]:
    """Yields the events in the Parquet files of a day, newest first."""
    names = store.compacted(day)
    contents = store.read(day, names) if names else []
    files = [_read(content) for content in contents if content is not None]
    yield from merge(*files, key=lambda event: event.name, reverse=True)


def compact_day(store: RunEventStore, day: str) -> int:
    """Moves the events of a day to one Parquet file; does nothing if they are.

    An interruption leaves duplicates, which readers ignore and the next compaction removes.

    Returns:
        Number of events moved.
    """
    names = list(store.names(day))
    files = store.compacted(day)
    if not names and len(files) <= 1:
        return 0
    contents = zip(names, store.read(day, names), strict=True)
    single = {name: content for name, content in contents if content is not None}
    events = {event.name: event.content or b"" for event in compacted_events(store, day)} | single
    store.write(day, f"{_PREFIX}{uuid4()}.parquet", _written(sorted(events.items())))
    store.remove(day, [*names, *files])
    return len(single)


def _read(content: bytes) -> Iterator[StoredEvent]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(BytesIO(content)) as file:
        for group in reversed(range(file.num_row_groups)):
            rows = file.read_row_group(group, columns=["name", "event"])
            for name, event in zip(
                reversed(rows["name"].to_pylist()), reversed(rows["event"].to_pylist()), strict=True
            ):
                yield StoredEvent(name, event.encode())


def _written(events: Sequence[tuple[str, bytes]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = BytesIO()
    rows = [_row(name, content) for name, content in events]
    table = pa.Table.from_pylist(rows, schema=_schema())
    pq.write_table(table, file, compression="zstd", row_group_size=_ROWS_PER_GROUP)
    return file.getvalue()


def _schema() -> pa.Schema:
    import pyarrow as pa

    tables = pa.list_(pa.string())
    return pa.schema(
        {
            "name": pa.string(),
            "run_id": pa.string(),
            "event_type": pa.string(),
            "event_time": pa.timestamp("us", "UTC"),
            "job_name": pa.string(),
            "inputs": tables,
            "outputs": tables,
            "event": pa.string(),
        }
    )


def _row(name: str, content: bytes) -> dict[str, Any]:
    event = json.loads(content)
    return {
        "name": name,
        "run_id": event["run"]["runId"],
        "event_type": event["eventType"],
        "event_time": datetime.fromisoformat(event["eventTime"]),
        "job_name": event["job"]["name"],
        "inputs": [each["name"] for each in event.get("inputs", ())],
        "outputs": [each["name"] for each in event.get("outputs", ())],
        "event": content.decode(),
    }
