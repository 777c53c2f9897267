"""Buckets and databases emptied in one step, for a test that comes after another."""

from __future__ import annotations

from collections.abc import Sequence

from moto.glue.models import glue_backends
from moto.s3.models import s3_backends

from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT, REGION

PATCHES = ServicePatches("emptying")


@PATCHES.command
def empty(buckets: Sequence[str], databases: Sequence[str]) -> bool:
    """Removes every object of some buckets and every table of some databases; False where one of them is not there."""
    s3, glue = s3_backends[ACCOUNT]["aws"], glue_backends[ACCOUNT][REGION]
    if not (s3.buckets.keys() >= set(buckets) and glue.databases.keys() >= set(databases)):
        return False
    for bucket in buckets:
        keys = s3.buckets[bucket].keys
        for name in list(keys):
            keys.pop(name)
    for database in databases:
        glue.databases[database].tables.clear()
    return True
