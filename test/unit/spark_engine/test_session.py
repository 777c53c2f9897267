"""Errors of starting Spark."""

from __future__ import annotations

import gc
import sys

import pytest

from datalake_sdk.errors import (
    JavaVersionError,
    MissingExtraError,
    MissingJavaError,
    SparkStartError,
    UnresolvedJarsError,
)
from datalake_sdk.settings import Environment, TableName
from datalake_sdk.spark_engine.session import spark_session, table_name
from datalake_sdk.spark_engine.versions import installed_line
from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper

NO_REPOSITORY = """
<ivysettings>
  <settings defaultResolver="folder"/>
  <resolvers><filesystem name="folder"><artifact pattern="{folder}/[artifact].jar"/></filesystem></resolvers>
</ivysettings>
"""


LEAVES_PIPES = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning", "ignore:subprocess:ResourceWarning")
"""pyspark does not close the pipes of a Java process that failed to start."""


@pytest.fixture
def lake(tmp_path):
    return Environment("shop", "sales", "dev", local_root=tmp_path / "lake")


def java(folder, version):
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
    program.chmod(0o755)
    return str(folder)


def test_missing_java_is_reported_with_installation_hints(lake, monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        MissingJavaError, match="Spark needs Java 17 to 21, which was not found.*\n.*openjdk@17"
    ) as caught:
        spark_session(lake)
    assert "JAVA_HOME is not set" in str(caught.value)
    assert not lake.local_root.exists()


def test_a_java_home_without_java_is_reported(lake, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingJavaError, match=f"JAVA_HOME is '{tmp_path}'"):
        spark_session(lake)


def test_a_java_program_without_a_version_counts_as_missing(lake, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, "Unable to locate a Java Runtime."))
    with pytest.raises(MissingJavaError, match="java' prints no version"):
        spark_session(lake)


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ('openjdk version "11.0.22" 2024-01-16', "11"),
        ('java version "1.8.0_202"', "8"),
        ('openjdk version "25" 2025-09-16', "25"),
    ],
)
def test_an_unsupported_java_version_is_reported(lake, monkeypatch, tmp_path, printed, version):
    monkeypatch.setenv("JAVA_HOME", java(tmp_path, printed))
    with pytest.raises(JavaVersionError, match=f"is Java {version}; Spark needs Java 17 to 21"):
        spark_session(lake)


def test_missing_pyspark_is_reported_with_the_extra(lake, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtraError, match=r"datalake-sdk\[spark\]"):
        spark_session(lake)
    with pytest.raises(MissingExtraError, match=r"datalake-sdk\[spark\]"):
        _ = SparkProcessingWrapper(local_root=str(lake.local_root)).spark_session


@LEAVES_PIPES
def test_unresolved_jars_are_listed_with_hints(lake, tmp_path, capfd):
    ivy = tmp_path / "ivysettings.xml"
    ivy.write_text(NO_REPOSITORY.format(folder=tmp_path))
    offline = {"spark.jars.ivySettings": str(ivy), "spark.jars.ivy": str(tmp_path / "ivy")}
    with pytest.raises(UnresolvedJarsError, match=f"'{installed_line().iceberg_runtime}'") as caught:
        spark_session(lake, offline)
    for setting in ("spark.jars.repositories", "spark.jars.ivySettings", "spark.jars.packages"):
        assert setting in caught.value.hint
    assert capfd.readouterr() == ("", "")
    gc.collect()


@LEAVES_PIPES
def test_the_output_of_a_java_process_that_fails_to_start_is_quoted(lake):
    with pytest.raises(SparkStartError, match="Invalid maximum heap size: -Xmxplenty"):
        spark_session(lake, {"spark.driver.memory": "plenty", "spark.jars.packages": ""})
    gc.collect()


def test_table_names_include_the_prefix_of_the_stage(lake):
    assert table_name(lake, TableName("sales", "orders")) == "`glue_catalog`.`dev_sales`.`orders`"
