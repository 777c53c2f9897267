"""An embedded lake that Spark writes and maintains."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from datalake_sdk.spark_engine.session import spark_session, table_name
from datalake_sdk.spark_engine.settings import packages
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from datalake_sdk.spark_engine.versions import installed_line
from datalake_sdk.spark_engine.writer import SparkWriter
from test.behavior.lake import Lake

_PACKAGES = {each for on_aws in (True, False) for each in packages(installed_line(), on_aws)}
SMALL = {
    "spark.master": "local[2]",
    "spark.jars.packages": ",".join(sorted(_PACKAGES)),
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""For a few rows, where planning and compiling a query takes longer than running it. All lakes of a process, embedded
and on AWS, share one JVM."""
SPREAD = {**SMALL, "spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "true"}
"""Several partitions of rows, with joins chosen at run time."""


class SparkLake(Lake):
    """One table of an embedded lake, written and maintained by Spark."""

    @cached_property
    def session(self) -> SparkSession:
        return spark_session(self.platform.environment, SMALL)

    def writer(self) -> SparkWriter:
        return SparkWriter(self.platform, self.session)

    def dataframe(self) -> DataFrame:
        """The table as Spark reads it."""
        return self.session.table(table_name(self.platform.environment, self.table))

    def spark_rows(self) -> list[dict[str, Any]]:
        """All rows as Spark reads them, ordered by their values."""
        return sorted(arrow_rows(self.dataframe()).to_pylist(), key=repr)

    def native(self) -> Lake:
        other = Lake(self.local_root, self.platform.environment.stage_name)
        other.table = self.table
        return other
