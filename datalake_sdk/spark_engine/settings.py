"""Settings of Spark sessions, for each environment that Spark runs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datalake_sdk.errors import FixedSparkSettingError, InvalidSparkSettingError
from datalake_sdk.spark_engine.versions import SQLITE_JDBC, SparkLine

CATALOG = "glue_catalog"
"""Name of the catalog on AWS and in an embedded lake, whose SQLite file stores it."""
EXTENSIONS = "spark.sql.extensions"
"""Setting that Spark reads only at startup."""
ICEBERG_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
_CATALOG = f"spark.sql.catalog.{CATALOG}"


@dataclass(frozen=True)
class Setting:
    """A setting of Spark.

    Args:
        name: Name in Spark.
        value: Value unless overridden.
        reason: Purpose, for the documentation and for error messages.
        fixed: Whether tables depend on it, so that it cannot be overridden.
    """

    name: str
    value: str
    reason: str
    fixed: bool = False


@dataclass(frozen=True)
class AwsConnection:
    """Region and endpoints of AWS.

    Args:
        region: For example `eu-west-1`.
        glue_endpoint: Endpoint URL of Glue; None is the default.
        s3_endpoint: Endpoint URL of S3; None is the default.
    """

    region: str
    glue_endpoint: str | None = None
    s3_endpoint: str | None = None


@dataclass(frozen=True)
class TableBucket:
    """A table bucket of S3 Tables.

    Args:
        arn: ARN of the table bucket.
        endpoint: Address of its REST catalog.
    """

    arn: str
    endpoint: str


EVERYWHERE: Sequence[Setting] = (
    Setting(
        EXTENSIONS,
        ICEBERG_EXTENSIONS,
        "Enables Iceberg's procedures and `ALTER TABLE` statements for partitioning.",
        fixed=True,
    ),
    Setting(_CATALOG, "org.apache.iceberg.spark.SparkCatalog", "Tables are Iceberg tables.", fixed=True),
    Setting(f"{_CATALOG}.cache-enabled", "false", "Commits of other processes are visible immediately.", fixed=True),
    Setting("spark.sql.defaultCatalog", CATALOG, "SQL refers to tables as `database.table`.", fixed=True),
    Setting("spark.sql.caseSensitive", "false", "Names in SQL are case-insensitive, as in Athena.", fixed=True),
    Setting("spark.sql.sources.partitionOverwriteMode", "static", "`overwrite` replaces the whole table.", fixed=True),
    Setting(
        "spark.sql.variable.substitute",
        "false",
        "`${env:NAME}` in SQL is not replaced: a parameter must not read variables or become SQL.",
        fixed=True,
    ),
    Setting("spark.sql.ansi.enabled", "true", "Overflows and invalid casts are errors, as in Athena."),
    Setting("spark.sql.timestampType", "TIMESTAMP_NTZ", "`TIMESTAMP` has no time zone, as in Athena and pandas."),
    Setting("spark.sql.session.timeZone", "UTC", "Timestamps with a time zone mean the same on every machine."),
    Setting("spark.sql.adaptive.enabled", "true", "Spark sizes shuffles and chooses joins at run time."),
    Setting("spark.sql.execution.arrow.pyspark.enabled", "true", "pandas and Spark exchange rows as Arrow data."),
)
"""Settings of every session."""

ON_EMR: Sequence[Setting] = (
    Setting(
        "spark.jars",
        "/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar",
        "Iceberg of the EMR release; nothing is downloaded.",
    ),
)
"""Settings on EMR Serverless: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-iceberg.html"""


def in_lake(root: Path) -> Sequence[Setting]:
    """Returns the settings of an embedded lake: Iceberg's JDBC catalog on the lake's SQLite file.

    Args:
        root: Absolute folder of the lake.
    """
    return (
        Setting(f"{_CATALOG}.type", "jdbc", "The catalog is the lake's SQLite file.", fixed=True),
        Setting(f"{_CATALOG}.uri", f"jdbc:sqlite:{root}/catalog.db", "Path of that file.", fixed=True),
        Setting(f"{_CATALOG}.jdbc.schema-version", "V1", "Layout that both engines read.", fixed=True),
        Setting(
            f"{_CATALOG}.jdbc.init-catalog-tables",
            "false",
            "The SDK creates the tables of the catalog; checking for them locks the file.",
            fixed=True,
        ),
        Setting(f"{_CATALOG}.jdbc.busy_timeout", "60000", "Milliseconds to wait for a lock on the file."),
        Setting(f"{_CATALOG}.warehouse", f"file://{root}", "Folder of the lake.", fixed=True),
    )


def in_table_bucket(bucket: TableBucket, connection: AwsConnection) -> Iterator[Setting]:
    """Returns the settings of tables in a table bucket: its REST catalog, and Iceberg's S3 client."""
    yield Setting(f"{_CATALOG}.type", "rest", "The catalog is that of S3 Tables.", fixed=True)
    yield Setting(f"{_CATALOG}.uri", bucket.endpoint, "Address of the catalog.", fixed=True)
    yield Setting(f"{_CATALOG}.warehouse", bucket.arn, "Table bucket of the domain.", fixed=True)
    yield Setting(f"{_CATALOG}.rest.sigv4-enabled", "true", "S3 Tables requires signed requests.", fixed=True)
    yield Setting(f"{_CATALOG}.rest.signing-name", "s3tables", "Name of the service in signatures.", fixed=True)
    yield Setting(f"{_CATALOG}.rest.signing-region", connection.region, "Region of the table bucket.", fixed=True)
    yield from _storage(connection)


def on_aws(connection: AwsConnection) -> Iterator[Setting]:
    """Returns the settings of tables on AWS: Iceberg's Glue catalog and S3 client."""
    yield Setting(f"{_CATALOG}.type", "glue", "The catalog is Glue.", fixed=True)
    if connection.glue_endpoint:
        yield Setting(f"{_CATALOG}.glue.endpoint", connection.glue_endpoint, "`AWS_ENDPOINT_URL`.", fixed=True)
    yield from _storage(connection)


def _storage(connection: AwsConnection) -> Iterator[Setting]:
    yield Setting(
        f"{_CATALOG}.io-impl",
        "org.apache.iceberg.aws.s3.S3FileIO",
        "Iceberg's own S3 client reads and writes files.",
        fixed=True,
    )
    yield Setting(
        f"{_CATALOG}.client.region", connection.region, "Same region as for the SDK's other clients.", fixed=True
    )
    if connection.s3_endpoint:
        yield Setting(f"{_CATALOG}.s3.endpoint", connection.s3_endpoint, "`AWS_ENDPOINT_URL`.", fixed=True)
        yield Setting(
            f"{_CATALOG}.s3.path-style-access", "true", "Custom endpoints do not resolve bucket host names.", fixed=True
        )


def on_this_machine(packages: Sequence[str], temporary: Path) -> Sequence[Setting]:
    """Returns the settings of a Spark that the SDK starts: one Java process, the driver and only executor.

    Args:
        packages: Jars to download.
        temporary: Folder for Spark's temporary files.
    """
    return (
        Setting("spark.master", "local[*]", "One concurrent task per core."),
        Setting("spark.jars.packages", ",".join(packages), "Downloaded once from Maven Central."),
        Setting("spark.driver.memory", "2g", "Memory of the Java process."),
        Setting(
            "spark.driver.defaultJavaOptions",
            f'"-Djava.io.tmpdir={temporary}"',
            "After a crash, the next start removes this folder.",
        ),
        Setting("spark.driver.host", "127.0.0.1", "Spark does not listen on the network."),
        Setting("spark.driver.bindAddress", "127.0.0.1", "Same as above."),
        Setting("spark.ui.enabled", "false", "No web server."),
        Setting("spark.ui.showConsoleProgress", "false", "No progress bars in the output of the program."),
        Setting("spark.sql.shuffle.partitions", "8", "Enough for a few cores; Spark's default is 200."),
    )


def packages(line: SparkLine, on_aws: bool) -> Sequence[str]:
    """Returns the Maven coordinates of the jars to download."""
    return (line.iceberg_runtime, line.iceberg_aws if on_aws else SQLITE_JDBC)


def overridden(settings: Sequence[Setting], overrides: Mapping[str, str]) -> dict[str, str]:
    """Returns the values of settings by name, after overrides; an empty string removes a setting.

    Raises:
        InvalidSparkSettingError: An override is not a Spark setting.
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
