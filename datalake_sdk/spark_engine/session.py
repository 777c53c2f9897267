"""The Spark session of an environment: started on this machine, or by spark-submit."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from datalake_sdk.errors import (
    JavaVersionError,
    MissingExtraError,
    MissingIcebergError,
    MissingJavaError,
    SparkStartError,
    UnresolvedJarsError,
)
from datalake_sdk.platforms.local.sqlite import CatalogFile
from datalake_sdk.settings import Environment, TableName, TableStorage
from datalake_sdk.spark_engine.settings import (
    CATALOG,
    EVERYWHERE,
    EXTENSIONS,
    ICEBERG_EXTENSIONS,
    AwsConnection,
    Setting,
    TableBucket,
    in_lake,
    in_table_bucket,
    on_aws,
    on_this_machine,
    overridden,
    packages,
)
from datalake_sdk.spark_engine.spark_internals import (
    connect_to_java,
    has_spark_context,
    java_gateway,
    jvm,
    launch_java,
    setting_names,
)
from datalake_sdk.spark_engine.versions import GLUE_CLIENT, SQLITE_DRIVER, installed_line
from datalake_sdk.temporary_folders import process_folder

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    from datalake_sdk.platforms.aws.session import AwsSession

logger = logging.getLogger(__name__)

_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
_STARTED_BY_SPARK = "PYSPARK_GATEWAY_PORT"
"""Set by spark-submit, which starts the Java process before Python."""
_UNRESOLVED = re.compile(r"(?:unresolved dependency|download failed): ([^\s#]+)#([^\s;]+);([^\s:!\]]+)")
"""Messages of Ivy: https://ant.apache.org/ivy/"""
_STDERR = 2
_JAVA_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def session_class() -> type[SparkSession]:
    """Imports Spark.

    Raises:
        MissingExtraError: Spark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("spark", error.name or str(error)) from error
    return SparkSession


def spark_session(environment: Environment, overrides: Mapping[str, str] = _NO_OVERRIDES) -> SparkSession:
    """Returns a Spark session whose catalog holds the tables of an environment.

    The first call starts the only Java process of this Python process; later calls for other environments open another
    session in it. If spark-submit started this process, as on EMR, its settings override those of the SDK.

    Args:
        environment: Environment on AWS, or in a folder, where a lake is created if none exists.
        overrides: Spark settings by name.

    Raises:
        MissingExtraError: Spark is not installed.
        SparkVersionError: The SDK does not support the installed version of Spark.
        MissingJavaError: Java is not installed.
        JavaVersionError: Spark does not support this Java version.
        UnresolvedJarsError: Jars are neither cached nor downloadable.
        MissingIcebergError: Spark was started by other code, without Iceberg.
        FixedSparkSettingError: An override of a setting that tables depend on.
    """
    builder = session_class().builder
    _silence_error_log()
    settings = [*EVERYWHERE, *_of_tables(environment)]
    if has_spark_context():
        session = _for_tables(builder.getOrCreate(), overridden(settings, overrides))
    elif _STARTED_BY_SPARK in os.environ:
        session = _session_of(overridden(settings, {**_submitted(), **overrides}))
    else:
        here = on_this_machine(packages(installed_line(), environment.local_root is None), process_folder())
        _start(overridden([*settings, *here], overrides))
        session = builder.getOrCreate()
    _check_jars(session, environment)
    if environment.local_root is not None:
        CatalogFile(_root(environment.local_root)).create()
    elif _STARTED_BY_SPARK not in os.environ:
        _pass_credentials(session, _aws_session(environment))
    # Java loads the catalog on first use, with the settings of the session that was active last: load it now.
    # https://github.com/apache/spark/blob/v4.0.2/sql/catalyst/src/main/scala/org/apache/spark/sql/connector/catalog/CatalogManager.scala
    session.sql(f"USE {CATALOG}")
    return session


def table_name(environment: Environment, table: TableName) -> str:
    """Returns the name of a table in Spark SQL."""
    return ".".join(f"`{part}`" for part in (CATALOG, *table.identifier(environment)))


def _silence_error_log() -> None:
    """Disables the log in which Spark 4 repeats each error that it raises as a line of JSON.

    https://github.com/apache/spark/blob/v4.0.2/python/pyspark/errors/exceptions/base.py
    """
    with suppress(ModuleNotFoundError):
        from pyspark.logger import PySparkLogger

        for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            PySparkLogger.getLogger(name).disabled = True


def _of_tables(environment: Environment) -> list[Setting]:
    if environment.local_root is None:
        return list(_on_aws(environment))
    return list(in_lake(_root(environment.local_root)))


def _root(local_root: Path) -> Path:
    return local_root.expanduser().resolve()


def _on_aws(environment: Environment) -> Iterator[Setting]:
    session = _aws_session(environment)
    connection = AwsConnection(session.region, session.endpoint("glue"), session.endpoint("s3"))
    if environment.table_storage is TableStorage.S3:
        return on_aws(connection)
    from datalake_sdk.platforms.aws.s3_tables import rest_endpoint, table_bucket_arn

    bucket = TableBucket(table_bucket_arn(session, environment.table_bucket), rest_endpoint(session))
    return in_table_bucket(bucket, connection)


def _aws_session(environment: Environment) -> AwsSession:
    try:
        from datalake_sdk.platforms.aws.session import AwsSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("aws", error.name or str(error)) from error
    return AwsSession(environment.region)


def _pass_credentials(session: SparkSession, aws: AwsSession) -> None:
    """Sets the first source of Java's credentials chain: https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/credentials-chain.html."""
    keys = aws.passed_credentials()
    given = {
        "aws.accessKeyId": keys and keys.access_key,
        "aws.secretAccessKey": keys and keys.secret_key,
        "aws.sessionToken": keys and keys.token,
    }
    properties = jvm(session).System.getProperties()
    for name, value in given.items():
        if value:
            properties.setProperty(name, value)
        else:
            properties.remove(name)


def _for_tables(running: SparkSession, values: Mapping[str, str]) -> SparkSession:
    """Returns the running session, or a new session of the same Spark if its settings differ."""
    changeable = {name: value for name, value in values.items() if name.startswith("spark.sql.") and name != EXTENSIONS}
    if all(running.conf.get(name, None) == value for name, value in changeable.items()):
        return running
    session = running.newSession()
    for name in setting_names(session):
        if name.startswith(f"spark.sql.catalog.{CATALOG}."):
            session.conf.unset(name)
    for name, value in changeable.items():
        session.conf.set(name, value)
    return session


def _session_of(values: Mapping[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in values.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _submitted() -> dict[str, str]:
    """Settings passed to spark-submit."""
    from pyspark import SparkConf

    connect_to_java()
    return dict(SparkConf().getAll())


def _check_jars(session: SparkSession, environment: Environment) -> None:
    """Fails early: at startup, Spark only warns about missing classes."""
    from py4j.protocol import Py4JError

    wanted = ",".join(packages(installed_line(), environment.local_root is None))
    given = session.conf.get(EXTENSIONS, None)
    if given != ICEBERG_EXTENSIONS:
        raise MissingIcebergError(f"{EXTENSIONS} is '{given}', not '{ICEBERG_EXTENSIONS}'", wanted)
    loader = jvm(session).Thread.currentThread().getContextClassLoader()
    for name in (ICEBERG_EXTENSIONS, SQLITE_DRIVER if environment.local_root else GLUE_CLIENT):
        try:
            loader.loadClass(name)
        except Py4JError as error:
            raise MissingIcebergError(f"class {name} is missing from its jars", wanted) from error


def _start(values: Mapping[str, str]) -> None:
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext

    _check_java()
    # Otherwise Spark's workers run the first `python3` in PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # spark-submit names only the first session of a process.
    conf = SparkConf(loadDefaults=False).setAppName("datalake_sdk").setAll(list(values.items()))
    gateway = java_gateway() or _java_process(conf)
    try:
        SparkContext(conf=conf, gateway=gateway)
    except Py4JError as error:
        raise SparkStartError(str(error)) from error
    # Otherwise Hadoop writes a hidden `.crc` file next to each file of the lake; no setting disables it.
    gateway.jvm.org.apache.hadoop.fs.FileSystem.getLocal(
        gateway.jvm.org.apache.hadoop.conf.Configuration()
    ).setWriteChecksum(False)


def _check_java() -> None:
    """Finds Java in the same way as Spark's own script, whose error messages lack details: https://github.com/apache/spark/blob/v4.0.2/bin/spark-class."""
    first, last = installed_line().java
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(f"{home}/bin/java" if home else "java")
    searched = f"JAVA_HOME is '{home}'" if home else "no program 'java' in PATH, and JAVA_HOME is not set"
    if program is None:
        raise MissingJavaError(searched, first, last)
    printed = subprocess.run([program, "-version"], stderr=subprocess.PIPE, encoding="utf-8", check=False).stderr
    found = _JAVA_VERSION.search(printed)
    # Without a JDK, `java` on macOS is a stub that only prints where to download one.
    if found is None:
        raise MissingJavaError(f"'{program}' prints no version", first, last)
    if not first <= int(found[1]) <= last:
        raise JavaVersionError(program, found[1], first, last)


def _java_process(conf: SparkConf) -> JavaGateway:
    """Starts Java; shows its output only if debug logging is enabled."""
    from pyspark.errors import PySparkRuntimeError

    if logger.isEnabledFor(logging.DEBUG):
        return launch_java(conf, {"stdout": _STDERR})
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        try:
            return launch_java(conf, {"stdout": printed, "stderr": printed})
        except PySparkRuntimeError as error:
            raise _start_error(printed) from error


def _start_error(printed: IO[str]) -> UnresolvedJarsError | SparkStartError:
    printed.seek(0)
    lines = printed.read()
    unresolved = {":".join(found): None for found in _UNRESOLVED.findall(lines)}
    return UnresolvedJarsError(list(unresolved)) if unresolved else SparkStartError(lines.strip()[-2000:])
