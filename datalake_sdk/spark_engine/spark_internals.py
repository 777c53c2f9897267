"""Access to private attributes of pyspark and py4j, which no other module uses.

`test/unit/spark_engine/test_spark_internals.py` and `test/spark/test_spark_internals.py` fail when one of them changes.
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

    Needed until pyspark has a public accessor such as Scala's `SparkContext.getActive`; `getOrCreate` would start one.
    """
    from pyspark import SparkContext

    return SparkContext._active_spark_context is not None


def connect_to_java() -> None:
    """Connects to the Java process that spark-submit started, so that `SparkConf` reads the submitted settings.

    Needed until pyspark has a public API to read them before a `SparkContext` exists.
    """
    from pyspark import SparkContext

    SparkContext._ensure_initialized()


def java_gateway() -> JavaGateway | None:
    """The connection to the Java process, which outlives a stopped `SparkContext`; None before Java is started.

    Needed until pyspark has a public accessor.
    """
    from pyspark import SparkContext

    return SparkContext._gateway


def launch_java(conf: SparkConf, popen_options: dict[str, Any]) -> JavaGateway:
    """Starts the Java process.

    Needed until pyspark has a public option to redirect its output; with `SparkContext`, it inherits that of Python.

    Args:
        conf: Settings, including the memory and the jars of Java.
        popen_options: Arguments of `subprocess.Popen`.
    """
    from pyspark.java_gateway import launch_gateway

    launch: Callable[[SparkConf, dict[str, Any]], JavaGateway] = launch_gateway
    return launch(conf, popen_options)


def jvm(session: SparkSession) -> Any:
    """The root of Java's packages.

    Needed until pyspark has a public accessor.
    """
    return session._jvm


def java_session(session: SparkSession) -> Any:
    """The Java session, an argument of Iceberg's `Spark3Util`.

    Needed until Iceberg has a procedure that stages a table.
    """
    return session._jsparkSession


def static_method(session: SparkSession, class_name: str, method: str) -> Callable[..., Any]:
    """Returns a static Java method whose name is shared by an instance method, which py4j would call instead.

    Needed until py4j distinguishes them.
    """
    from py4j.java_gateway import JavaMember
    from py4j.protocol import STATIC_PREFIX

    gateway: Any = session._sc._gateway
    return JavaMember(method, None, f"{STATIC_PREFIX}{class_name}", gateway._gateway_client)  # type: ignore[no-any-return]


def analyzed_plan(session: SparkSession, sql: str) -> Any:
    """The analyzed logical plan of a query, as a Java object.

    Needed until pyspark has a public API: `DataFrame.schema` has only result types, and `explain` prints text.
    """
    return session.sql(sql)._jdf.queryExecution().analyzed()
