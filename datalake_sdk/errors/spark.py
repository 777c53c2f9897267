"""Spark: its Java, its jars and its settings."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingJavaError(UsageError):
    """Spark is wanted where there is no Java."""

    def __init__(self, looked_in: str, first: int, last: int) -> None:
        super().__init__(
            f"Spark needs Java {first} to {last}; there is none ({looked_in})",
            hint=f"Install one (Debian: apt-get install default-jre-headless, macOS: brew install openjdk@{first}), "
            "or set JAVA_HOME to its folder.",
        )


class JavaVersionError(UsageError):
    """A Java that Spark does not run on."""

    def __init__(self, program: str, version: str, first: int, last: int) -> None:
        super().__init__(
            f"'{program}' is Java {version}; Spark needs Java {first} to {last}",
            hint=f"Set JAVA_HOME to the folder of such a Java; macOS: brew install openjdk@{first}.",
        )


class UnresolvedJarsError(UsageError):
    """Jars that Spark could neither find in its cache nor download."""

    def __init__(self, jars: Sequence[str]) -> None:
        super().__init__(
            f"jars cannot be downloaded and are in no cache: {listed(jars)}",
            hint="Without the internet, set one of: spark.jars.repositories to a mirror's address; "
            "spark.jars.ivySettings to a file that names mirrors; spark.jars to the paths of jars that you have, "
            "and spark.jars.packages to an empty text.",
        )


class SparkStartError(TerminalError):
    """Spark's Java process ended before it could be used."""

    def __init__(self, printed: str) -> None:
        super().__init__(
            f"Spark did not start: {printed or 'it printed nothing'}",
            hint="Check the settings that begin with spark.driver and spark.master, and SPARK_HOME, if it is set.",
        )


class MissingIcebergError(UsageError):
    """A session of Spark that was started without Iceberg."""

    def __init__(self, reason: str, packages: str) -> None:
        super().__init__(
            f"this session of Spark lacks parts of Iceberg: {reason}",
            hint="Jars and extensions are fixed when Spark starts: let the SDK start it, before anything else does and "
            f"with spark.jars.packages={packages}. On EMR Serverless, spark.jars names the release's own Iceberg.",
        )


class InvalidSparkSettingError(UsageError):
    """Something given as a setting of Spark that Spark would ignore."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(
            f"setting '{name}' is {value!r}; names of Spark's settings begin with 'spark.' and their values are texts",
            hint="https://spark.apache.org/docs/4.0.2/configuration.html lists them.",
        )


class FixedSparkSettingError(UsageError):
    """A setting that tables depend on, given another value."""

    def __init__(self, name: str, given: str, value: str, reason: str) -> None:
        super().__init__(
            f"setting '{name}' is '{given}'; it must be '{value}': {reason}",
            hint="Leave it out.",
        )


class UnsupportedSparkTypeError(TerminalError):
    """A column's type that Iceberg has and Spark has not."""

    def __init__(self, source: str, column: str, given: str) -> None:
        super().__init__(
            f"{source}: column '{column}' has type {given}, which Spark does not have",
            hint=f"Cast '{column}' to text first, or ingest it without Spark.",
        )


class UnsupportedSparkSqlError(UsageError):
    """SQL that Athena takes and that has no known counterpart on Spark.

    Args:
        feature: What it is.
        line: Line of the statement, from 1.
        column: Column in that line, from 1.
        excerpt: The line, and below it a caret at the column.
        hint: What to write instead.
    """

    def __init__(self, feature: str, line: int, column: int, excerpt: str, hint: str = "") -> None:
        super().__init__(
            f"SQL, line {line}, column {column}: {feature} has no verified translation for Spark\n{excerpt}", hint=hint
        )
        self.line = line
        self.column = column


class SparkJobError(TerminalError):
    """A job of Spark that fails on the data or on what was asked of it."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark failed: {reason}",
            hint="Nothing was committed. Correct the dataframe: its rows are computed only when they are written.",
        )


class SparkMemoryError(TerminalError):
    """A job that needs more memory than Spark has."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark ran out of memory: {reason}; nothing was committed",
            hint="Raise spark.executor.memory or spark.driver.memory, or spark.sql.shuffle.partitions.",
        )


class SparkConflictError(TransientError):
    """A commit of Spark's own that other writers came before."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(f"{table}: other writers changed the table meanwhile: {reason}", hint="Run the call again.")


class SparkLostError(TransientError):
    """A part of Spark, or a service that it needs, that went away."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table}: Spark lost a process or a connection: {reason}; nothing was committed",
            hint="Run the same call again with the same ingestion id.",
        )
