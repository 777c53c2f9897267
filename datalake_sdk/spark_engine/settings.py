"""Settings of Spark's sessions: one table for each place that Spark runs in, and what of it may be changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datalake_sdk.errors import FixedSparkSettingError, InvalidSparkSettingError
from datalake_sdk.spark_engine.versions import ICEBERG_AWS, ICEBERG_RUNTIME, SQLITE_JDBC

CATALOG = "glue_catalog"
"""Wherever the tables are: the embedded lake keeps this name in its SQLite file."""
DRIVER_VARIABLE = "spark.emr-serverless.driverEnv."
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html"""
EXECUTOR_VARIABLE = "spark.executorEnv."
"""https://spark.apache.org/docs/4.0.2/configuration.html#runtime-environment"""
EXTENSIONS = "spark.sql.extensions"
"""Read once, when Spark starts."""
ICEBERG_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
_CATALOG = f"spark.sql.catalog.{CATALOG}"


@dataclass(frozen=True)
class Setting:
    """One line of a table of settings.

    Args:
        name: As Spark names it.
        value: What it is unless overridden.
        reason: What it is for.
        fixed: Whether tables depend on it, so that nobody may override it.
    """

    name: str
    value: str
    reason: str
    fixed: bool = False


@dataclass(frozen=True)
class AwsConnection:
    """The way to AWS.

    Args:
        region: For example `eu-west-1`.
        glue_endpoint: Address in place of Glue's own; None for its own.
        s3_endpoint: Likewise for S3.
    """

    region: str
    glue_endpoint: str | None = None
    s3_endpoint: str | None = None


EVERYWHERE: Sequence[Setting] = (
    Setting(
        EXTENSIONS,
        ICEBERG_EXTENSIONS,
        "Iceberg's procedures and changes of partitioning.",
        fixed=True,
    ),
    Setting(_CATALOG, "org.apache.iceberg.spark.SparkCatalog", "Tables are Iceberg's.", fixed=True),
    Setting(f"{_CATALOG}.cache-enabled", "false", "Commits of other processes are seen at once.", fixed=True),
    Setting("spark.sql.defaultCatalog", CATALOG, "SQL names tables as `database.table`.", fixed=True),
    Setting("spark.sql.caseSensitive", "false", "Names in SQL match in any case, as in Athena.", fixed=True),
    Setting("spark.sql.sources.partitionOverwriteMode", "static", "`overwrite` replaces the whole table.", fixed=True),
    Setting(
        "spark.sql.variable.substitute",
        "false",
        "`${env:NAME}` in SQL is text: a parameter must not read variables or become SQL.",
        fixed=True,
    ),
    Setting("spark.sql.ansi.enabled", "true", "Overflows and casts that lose a value are errors, as in Athena."),
    Setting("spark.sql.timestampType", "TIMESTAMP_NTZ", "`TIMESTAMP` has no zone, as in Athena and in pandas."),
    Setting("spark.sql.session.timeZone", "UTC", "Times with a zone mean the same on every machine."),
    Setting("spark.sql.adaptive.enabled", "true", "Shuffles are sized and joins chosen by the data."),
    Setting("spark.sql.execution.arrow.pyspark.enabled", "true", "pandas and Spark exchange rows as Arrow."),
)
"""In every session."""

ON_EMR: Sequence[Setting] = (
    Setting(
        "spark.jars", "/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar", "The release's own Iceberg: no download."
    ),
)
"""Where EMR Serverless starts Spark: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-iceberg.html"""


def in_lake(root: Path) -> Sequence[Setting]:
    """Of an embedded lake: Iceberg's JDBC catalog on the lake's SQLite file.

    Args:
        root: Absolute folder of the lake.
    """
    return (
        Setting(f"{_CATALOG}.type", "jdbc", "The catalog is the lake's SQLite file.", fixed=True),
        Setting(f"{_CATALOG}.uri", f"jdbc:sqlite:{root}/catalog.db", "That file.", fixed=True),
        Setting(f"{_CATALOG}.jdbc.schema-version", "V1", "The layout that both engines read.", fixed=True),
        Setting(
            f"{_CATALOG}.jdbc.init-catalog-tables",
            "false",
            "They are there: looking for them locks the file.",
            fixed=True,
        ),
        Setting(f"{_CATALOG}.jdbc.busy_timeout", "60000", "Milliseconds to wait for others that hold the file."),
        Setting(f"{_CATALOG}.warehouse", f"file://{root}", "The lake's folder.", fixed=True),
    )


def on_aws(connection: AwsConnection) -> Iterator[Setting]:
    """Of tables on AWS: Iceberg's Glue catalog and its own S3 client."""
    yield Setting(f"{_CATALOG}.type", "glue", "The catalog is Glue's.", fixed=True)
    yield Setting(
        f"{_CATALOG}.io-impl",
        "org.apache.iceberg.aws.s3.S3FileIO",
        "Files are written by Iceberg's client.",
        fixed=True,
    )
    yield Setting(f"{_CATALOG}.client.region", connection.region, "As the SDK's other clients.", fixed=True)
    if connection.glue_endpoint:
        yield Setting(f"{_CATALOG}.glue.endpoint", connection.glue_endpoint, "`AWS_ENDPOINT_URL`.", fixed=True)
    if connection.s3_endpoint:
        yield Setting(f"{_CATALOG}.s3.endpoint", connection.s3_endpoint, "`AWS_ENDPOINT_URL`.", fixed=True)
        yield Setting(f"{_CATALOG}.s3.path-style-access", "true", "Buckets are no host names there.", fixed=True)


def on_this_machine(packages: Sequence[str], temporary: Path) -> Sequence[Setting]:
    """Where the SDK starts Spark itself: one Java process, which is the driver and the only executor.

    Args:
        packages: Jars to download.
        temporary: Folder for Spark's temporary files.
    """
    return (
        Setting("spark.master", "local[*]", "As many tasks at once as there are cores."),
        Setting("spark.jars.packages", ",".join(packages), "Downloaded once, from Maven Central."),
        Setting("spark.driver.memory", "2g", "Memory of the Java process."),
        Setting(
            "spark.driver.defaultJavaOptions",
            f'"-Djava.io.tmpdir={temporary}"',
            "The next start removes what a killed process leaves there.",
        ),
        Setting("spark.driver.host", "127.0.0.1", "Nothing listens to the network."),
        Setting("spark.driver.bindAddress", "127.0.0.1", "Likewise."),
        Setting("spark.ui.enabled", "false", "No web server."),
        Setting("spark.ui.showConsoleProgress", "false", "No bars between the program's own lines."),
        Setting("spark.sql.shuffle.partitions", "8", "Upper bound on a few cores; Spark's own is 200."),
    )


def packages(on_aws: bool) -> Sequence[str]:
    """Jars to download, as Maven names them."""
    return (ICEBERG_RUNTIME, ICEBERG_AWS if on_aws else SQLITE_JDBC)


def overridden(settings: Sequence[Setting], overrides: Mapping[str, str]) -> dict[str, str]:
    """Values by name, with what a task's `infra_config` says; an empty text takes a setting out.

    Raises:
        InvalidSparkSettingError: An override is no setting of Spark.
        FixedSparkSettingError: An override of a setting that tables depend on.
    """
    for name, given in overrides.items():
        if not name.startswith("spark.") or not isinstance(given, str):
            raise InvalidSparkSettingError(name, given)
    for setting in settings:
        given = overrides.get(setting.name, setting.value)
        if setting.fixed and given != setting.value:
            raise FixedSparkSettingError(setting.name, given, setting.value, setting.reason)
    values = {**{setting.name: setting.value for setting in settings}, **overrides}
    return {name: value for name, value in values.items() if value}


def submit_parameters(variables: Mapping[str, str], overrides: Mapping[str, str]) -> str:
    """`sparkSubmitParameters` of a job run on EMR Serverless.

    The session adds the catalog and what else holds in every session.

    Args:
        variables: Environment variables of the task.
        overrides: Settings of the task's `infra_config`, for example `spark.executor.memory`.

    Raises:
        InvalidSparkSettingError: An override is no setting of Spark.
        FixedSparkSettingError: An override of a setting that tables depend on.
    """
    overridden([*EVERYWHERE, *ON_EMR], overrides)
    environment = {
        f"{prefix}{name}": value for prefix in (DRIVER_VARIABLE, EXECUTOR_VARIABLE) for name, value in variables.items()
    }
    values = {**overridden(ON_EMR, overrides), **environment}
    return shlex.join(word for name, value in values.items() for word in ("--conf", f"{name}={value}"))
