"""Empties buckets and databases in one step, between tests."""

from __future__ import annotations

from collections.abc import Sequence

from moto.glue.models import FakeDatabase, glue_backends
from moto.s3.models import s3_backends

from test.emulator.lakeformation_catalog import forget
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT, REGION

PATCHES = ServicePatches("emptying")


@PATCHES.command
def empty(buckets: Sequence[str], databases: Sequence[str]) -> bool:
    """Deletes all objects in the buckets, all tables in the databases, and all other databases in the buckets.

    Returns:
        False if one of them does not exist; nothing is deleted then.
    """
    s3, glue = s3_backends[ACCOUNT]["aws"], glue_backends[ACCOUNT][REGION]
    if not (s3.buckets.keys() >= set(buckets) and glue.databases.keys() >= set(databases)):
        return False
    for bucket in buckets:
        keys = s3.buckets[bucket].keys
        for name in list(keys):
            keys.pop(name)
    for name, database in list(glue.databases.items()):
        if name not in databases and not _is_in(buckets, database):
            continue
        forget(ACCOUNT, REGION, name, list(database.tables))
        database.tables.clear()
        if name not in databases:
            del glue.databases[name]
    return True


def _is_in(buckets: Sequence[str], database: FakeDatabase) -> bool:
    location: str = database.input.get("LocationUri", "")
    return location.startswith(tuple(f"s3://{bucket}/" for bucket in buckets))
