"""Errors of Spark: Java, jars, settings and jobs."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingJavaError(UsageError):
    """Java is not installed."""

    def __init__(self, looked_in: str, first: int, last: int) -> None:
        super().__init__(
            f"Spark needs Java {first} to {last}, which was not found ({looked_in})",
            hint=f"Install Java (Debian: apt-get install default-jre-headless, macOS: brew install openjdk@{first}), "
            "or set JAVA_HOME to its folder.",
        )


class SparkVersionError(UsageError):
    """A version of Spark that the SDK does not support."""

    def __init__(self, version: str, supported: Sequence[str]) -> None:
        super().__init__(
            f"Spark {version} is installed; the SDK supports Spark {' and '.join(supported)}",
            hint="Install the latest patch of a supported version, for example pip install 'pyspark==3.5.*'.",
        )


class JavaVersionError(UsageError):
    """A Java version that Spark does not support."""

    def __init__(self, program: str, version: str, first: int, last: int) -> None:
        super().__init__(
            f"'{program}' is Java {version}; Spark needs Java {first} to {last}",
            hint=f"Set JAVA_HOME to the folder of a supported version; macOS: brew install openjdk@{first}.",
        )


class UnresolvedJarsError(UsageError):
    """Jars that are neither cached nor downloadable."""

    def __init__(self, jars: Sequence[str]) -> None:
        super().__init__(
            f"jars are neither cached nor downloadable: {listed(jars)}",
            hint="Without internet access, set one of: spark.jars.repositories to the URL of a mirror; "
            "spark.jars.ivySettings to a file that configures mirrors; spark.jars to the paths of local jars, "
            "and spark.jars.packages to an empty string.",
        )


class SparkStartError(TerminalError):
    """Spark's Java process exited during startup."""

    def __init__(self, printed: str) -> None:
        super().__init__(
            f"Spark did not start: {printed or 'no output'}",
            hint="Check spark.master, the settings that begin with spark.driver, and SPARK_HOME if it is set.",
        )


class MissingIcebergError(UsageError):
    """A Spark session that was started without Iceberg."""

    def __init__(self, reason: str, packages: str) -> None:
        super().__init__(
            f"this Spark session lacks parts of Iceberg: {reason}",
            hint="Jars and extensions are fixed when Spark starts: start it with the SDK, "
            f"with spark.jars.packages={packages}. "
            "On EMR Serverless, set spark.jars to the Iceberg jar of the release.",
        )


class InvalidSparkSettingError(UsageError):
    """A setting that Spark would ignore."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(
            f"setting '{name}' is {value!r}; names of Spark settings begin with 'spark.' and their values are strings",
            hint="See https://spark.apache.org/docs/4.0.2/configuration.html.",
        )


class FixedSparkSettingError(UsageError):
    """An override of a setting that tables depend on."""

    def __init__(self, name: str, given: str, value: str, reason: str) -> None:
        super().__init__(
            f"setting '{name}' is '{given}'; it must be '{value}': {reason}",
            hint="Remove the setting.",
        )


class UnsupportedSparkTypeError(TerminalError):
    """A column type that Iceberg supports and Spark does not."""

    def __init__(self, source: str, column: str, given: str) -> None:
        super().__init__(
            f"{source}: column '{column}' has type {given}, which Spark does not support",
            hint=f"Cast '{column}' to a string, or ingest it without Spark.",
        )


class UnsupportedSparkSqlError(UsageError):
    """SQL that Athena supports and that has no known equivalent in Spark.

    Args:
        feature: Name of the unsupported feature.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, with a caret below the column.
        hint: What to write instead.
    """

    def __init__(self, feature: str, line: int, column: int, excerpt: str, hint: str = "") -> None:
        super().__init__(
            f"SQL, line {line}, column {column}: {feature} is not supported on Spark\n{excerpt}", hint=hint
        )
        self.line = line
        self.column = column


class SparkJobError(TerminalError):
    """A Spark job that fails because of the data or the dataframe."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark failed: {reason}",
            hint="Nothing was committed. Correct the dataframe: Spark computes its rows only when it writes them.",
        )
        self.reason = reason


class SparkMemoryError(TerminalError):
    """A Spark job that ran out of memory."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark ran out of memory: {reason}; nothing was committed",
            hint="Raise spark.executor.memory or spark.driver.memory, or spark.sql.shuffle.partitions.",
        )


class SparkConflictError(TransientError):
    """A Spark commit that conflicts with another writer."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: other writers changed the table at the same time: {reason}", hint="Run the call again."
        )


class SparkLostError(TransientError):
    """A lost Spark process or connection."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark lost a process or a connection: {reason}; nothing was committed",
            hint="Run the same call again with the same ingestion id.",
        )
