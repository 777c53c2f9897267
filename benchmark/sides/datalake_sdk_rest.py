"""A task that loads a REST API through `job.ingest_source`."""

from __future__ import annotations

from importlib import import_module

from benchmark.sides.rest_source import source
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

import_module("datalake_sdk.dlt_sources.load")


def load(folder: str, url: str) -> None:
    """Loads all rows into a new table."""
    job = NativePythonProcessingWrapper(local_root=folder, output_tables={"bench.*": {}})
    job.ingest_source(source(url))
