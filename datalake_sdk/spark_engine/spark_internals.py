"""Private parts of pyspark and py4j: the only module that uses them.

`test/unit/spark_engine/test_spark_internals.py` and `test/spark/test_spark_internals.py` fail when pyspark changes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkConf
    from pyspark.sql import SparkSession


def has_spark_context() -> bool:
    """Whether this process has started a `SparkContext`.

    Waiting for a public accessor such as Scala's `SparkContext.getActive`: `getOrCreate` would start one.
    """
    from pyspark import SparkContext

    return SparkContext._active_spark_context is not None


def connect_to_java() -> None:
    """Connects to the Java process that spark-submit started, so that `SparkConf` reads the submitted settings.

    Waiting for a public way to read them before a `SparkContext` exists.
    """
    from pyspark import SparkContext

    SparkContext._ensure_initialized()


def java_gateway() -> JavaGateway | None:
    """The connection to the Java process, which outlives a stopped `SparkContext`; None before Java is started.

    Waiting for a public accessor.
    """
    from pyspark import SparkContext

    return SparkContext._gateway


def launch_java(conf: SparkConf, popen_options: dict[str, Any]) -> JavaGateway:
    """Starts the Java process.

    Waiting for a public way to redirect its output: `SparkContext` lets it inherit Python's.

    Args:
        conf: Settings; Java's memory and jars among them.
        popen_options: Arguments of `subprocess.Popen`.
    """
    from pyspark.java_gateway import launch_gateway

    launch: Callable[[SparkConf, dict[str, Any]], JavaGateway] = launch_gateway
    return launch(conf, popen_options)


def jvm(session: SparkSession) -> Any:
    """The root of Java's packages.

    Waiting for a public accessor.
    """
    return session._jvm


def java_session(session: SparkSession) -> Any:
    """The Java session, an argument of Iceberg's `Spark3Util`.

    Waiting for a procedure of Iceberg that stages a table.
    """
    return session._jsparkSession


def static_method(session: SparkSession, class_name: str, method: str) -> Callable[..., Any]:
    """A static Java method that shares its name with an instance method, which py4j would call instead.

    Waiting for py4j to distinguish them.
    """
    from py4j.java_gateway import JavaMember
    from py4j.protocol import STATIC_PREFIX

    gateway: Any = session._sc._gateway
    return JavaMember(method, None, f"{STATIC_PREFIX}{class_name}", gateway._gateway_client)  # type: ignore[no-any-return]


def analyzed_plan(session: SparkSession, sql: str) -> Any:
    """The analyzed logical plan of a query, as a Java object.

    Waiting for a public API: `DataFrame.schema` has the types of the result's columns only, `explain` prints text.
    """
    return session.sql(sql)._jdf.queryExecution().analyzed()
