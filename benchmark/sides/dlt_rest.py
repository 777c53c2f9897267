"""dlt: a REST API through its filesystem destination, `table_format="iceberg"`."""

from __future__ import annotations

from importlib import import_module

import dlt

from benchmark.sides.rest_source import source

import_module("dlt.destinations.impl.filesystem.filesystem")
import_module("pyiceberg.io.pyarrow")


def load(folder: str, url: str) -> None:
    """Loads all rows into a new table."""
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/lake"),
        dataset_name="bench",
    )
    pipeline.run(source(url, table_format="iceberg"))
