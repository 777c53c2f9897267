"""Supported versions of Spark."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import SparkVersionError
from datalake_sdk.spark_engine.versions import SPARK_3_5, SPARK_4_0, line_of


@pytest.mark.parametrize(("version", "line"), [("4.0.2", SPARK_4_0), ("3.5.6", SPARK_3_5), ("3.5.6-amzn-1", SPARK_3_5)])
def test_jars_are_those_of_the_installed_spark(version, line):
    assert line_of(version) is line
    assert f"-{line.spark}_{line.scala}:" in line.iceberg_runtime


@pytest.mark.parametrize("version", ["3.4.4", "4.1.0", "35.0"])
def test_an_unsupported_version_of_spark_is_rejected(version):
    with pytest.raises(SparkVersionError, match=f"Spark {version} is installed; the SDK supports Spark 4.0 and 3.5"):
        line_of(version)
