"""Ingestion ids of a table: in the summaries of its snapshots, and in a table property after snapshots expire."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from datalake_sdk.engine.snapshot_summary import INGESTION_ID_SUMMARY

EXPIRED_IDS_PROPERTY = "datalake_sdk_expired_ingestion_ids"
"""The last 1,000 ingestion ids of expired snapshots, as a JSON array."""
_MAX_REMEMBERED_IDS = 1000


def was_ingested(metadata: TableMetadata, ingestion_id: str) -> bool:
    """Whether an ingestion with this id is already committed."""
    return ingestion_id in _ids(metadata.snapshots) or ingestion_id in _expired(metadata)


def snapshot_of(metadata: TableMetadata, ingestion_id: str) -> int | None:
    """Returns the snapshot of an ingestion; None if it has expired or does not exist."""
    summaries = {each.snapshot_id: each.summary.additional_properties for each in metadata.snapshots if each.summary}
    found = (number for number, summary in summaries.items() if summary.get(INGESTION_ID_SUMMARY) == ingestion_id)
    return next(found, None)


def remembered_ids(metadata: TableMetadata, expiring: Sequence[Snapshot]) -> str:
    """Value of the property after snapshots expire: the most recent ids, oldest first."""
    return json.dumps([*_expired(metadata), *_ids(expiring)][-_MAX_REMEMBERED_IDS:])


def _ids(snapshots: Sequence[Snapshot]) -> list[str]:
    summaries = (snapshot.summary.additional_properties for snapshot in snapshots if snapshot.summary)
    return [summary[INGESTION_ID_SUMMARY] for summary in summaries if INGESTION_ID_SUMMARY in summary]


def _expired(metadata: TableMetadata) -> list[str]:
    ids: list[str] = json.loads(metadata.properties.get(EXPIRED_IDS_PROPERTY, "[]"))
    return ids
