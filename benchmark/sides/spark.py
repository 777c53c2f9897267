"""The SDK's Spark engine on two cores, including start and stop of its Java process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import SparkSession

from benchmark.sides.datalake_sdk import TABLE
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionMode, IngestionRequest
from datalake_sdk.spark_engine.session import spark_session
from datalake_sdk.spark_engine.writer import SparkWriter


def append(folder: str, path: str) -> None:
    """Creates a table from a Parquet file."""
    _ingest(folder, path, IngestionRequest(TABLE))


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a Parquet file into a table."""
    _ingest(folder, path, IngestionRequest(TABLE, IngestionMode.UPSERT, tuple(keys)))


def _ingest(folder: str, path: str, request: IngestionRequest) -> None:
    environment = resolve_environment(None, None, None, local_root=folder)
    with ended(spark_session(environment, {"spark.master": "local[2]"})) as session:
        platform = open_platform(environment)
        ingest(platform, request, session.read.parquet(path), writer=SparkWriter(platform, session))


@contextmanager
def ended(session: SparkSession) -> Iterator[SparkSession]:
    """Waits for the exit of the Java process, so that its time and memory are counted."""
    gateway = session.sparkContext._gateway
    try:
        yield session
    finally:
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
