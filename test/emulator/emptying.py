"""Empties buckets and databases in one step, between tests."""

from __future__ import annotations

from collections.abc import Sequence

from moto.glue.models import glue_backends
from moto.s3.models import s3_backends

from test.emulator.lakeformation_catalog import forget
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT, REGION

PATCHES = ServicePatches("emptying")


@PATCHES.command
def empty(buckets: Sequence[str], databases: Sequence[str]) -> bool:
    """Deletes all objects in the buckets and all tables in the databases.

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
    for database in databases:
        tables = glue.databases[database].tables
        forget(ACCOUNT, REGION, database, list(tables))
        tables.clear()
    return True
