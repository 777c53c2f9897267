"""`job.export_redshift` without a database."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from datalake_sdk.errors import MissingCapabilityError, MissingRedshiftError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.redshift_step import RedshiftStep


def test_the_embedded_lake_has_no_redshift(tmp_path):
    job = NativePythonProcessingWrapper(local_root=tmp_path, output_tables={"sales.orders": {}})
    with pytest.raises(MissingCapabilityError, match="job.export_redshift needs Redshift"):
        job.export_redshift("sales.orders")


def test_a_task_without_a_database_gets_a_hint():
    step = RedshiftStep()
    step.platform, step.redshift = SimpleNamespace(capabilities=SimpleNamespace(remote=True)), {}  # type: ignore[assignment]
    with pytest.raises(MissingRedshiftError, match="redshift = { workgroup ="):
        step.export_redshift("sales.orders")
