"""Compatible versions of Spark, Java, Scala and Iceberg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datalake_sdk.errors import SparkVersionError

GLUE_CLIENT = "software.amazon.awssdk.services.glue.GlueClient"
"""A class of `iceberg_aws`."""
SQLITE_JDBC = "org.xerial:sqlite-jdbc:3.50.3.0"
SQLITE_DRIVER = "org.sqlite.JDBC"
"""A class of this jar."""


@dataclass(frozen=True)
class SparkLine:
    """A supported line of Spark, with the versions that belong to it.

    Args:
        spark: First two numbers of the version.
        scala: Scala version of the jars.
        java: First and last supported major version of Java.
        iceberg: Version of Iceberg.
    """

    spark: str
    scala: str
    java: tuple[int, int]
    iceberg: str

    @property
    def iceberg_runtime(self) -> str:
        """Maven coordinates of Iceberg for this Spark."""
        return f"org.apache.iceberg:iceberg-spark-runtime-{self.spark}_{self.scala}:{self.iceberg}"

    @property
    def iceberg_aws(self) -> str:
        """Maven coordinates of the AWS SDK for Java, used by Iceberg's Glue catalog and S3FileIO."""
        return f"org.apache.iceberg:iceberg-aws-bundle:{self.iceberg}"


# https://spark.apache.org/docs/4.0.2/#downloading
SPARK_4_0 = SparkLine("4.0", "2.13", (17, 21), "1.10.1")
# Iceberg needs Java 11, Spark up to 17. Glue 5.1 has the same version of Iceberg.
# https://spark.apache.org/docs/3.5.6/#downloading
# https://docs.aws.amazon.com/glue/latest/dg/release-notes.html
SPARK_3_5 = SparkLine("3.5", "2.12", (11, 17), "1.10.0")
LINES: Sequence[SparkLine] = (SPARK_4_0, SPARK_3_5)


def installed_line() -> SparkLine:
    """Returns the line of the installed pyspark.

    Raises:
        SparkVersionError: The SDK does not support its version.
    """
    from pyspark import __version__

    return line_of(__version__)


def line_of(version: str) -> SparkLine:
    """Returns the line of a version of Spark, such as `3.5.6-amzn-0`.

    Raises:
        SparkVersionError: The SDK does not support this version.
    """
    for line in LINES:
        if version.split(".")[:2] == line.spark.split("."):
            return line
    raise SparkVersionError(version, [line.spark for line in LINES])
