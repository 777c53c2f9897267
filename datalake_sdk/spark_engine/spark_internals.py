"""Access to private attributes of pyspark and py4j, which no other module uses.

`test/unit/spark_engine/test_spark_internals.py` and `test/spark/test_spark_internals.py` fail when one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from datalake_sdk.spark_engine.versions import SPARK_3_5, installed_line

if TYPE_CHECKING:
    import pyarrow as pa
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkConf
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType


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


def setting_names(session: SparkSession) -> Sequence[str]:
    """Names of all settings of a session.

    Needed as long as Spark 3.5 is supported, which has no public accessor.
    """
    names: str = java_session(session).conf().getAll().keySet().mkString("\n")
    return names.splitlines()


def try_cast(column: Column, wanted: DataType) -> Column:
    """Casts a column; a value that the type cannot hold becomes null.

    Needed as long as Spark 3.5 is supported, which has `try_cast` in SQL only, where lambda variables have no name.
    """
    if installed_line() is not SPARK_3_5:
        return column.try_cast(wanted)
    from pyspark import SparkContext
    from pyspark.sql import Column

    context: Any = SparkContext._active_spark_context
    java = context._jvm
    expressions = java.org.apache.spark.sql.catalyst.expressions
    java_type = java.org.apache.spark.sql.types.DataType.fromJson(wanted.json())
    operand: Any = column._jc
    cast = expressions.Cast(operand.expr(), java_type, java.scala.Option.empty(), expressions.EvalMode.TRY())
    return Column(java.org.apache.spark.sql.Column(cast))


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


def arrow_dataframe(session: SparkSession, rows: pa.Table, schema: StructType) -> DataFrame:
    """Creates a DataFrame from Arrow rows.

    Needed as long as Spark 3.5 is supported, whose `createDataFrame` only accepts Arrow data as pandas DataFrames, and
    thus changes types.

    Args:
        session: Session of the DataFrame.
        rows: Columns in the order of the schema.
        schema: Spark types of the columns.
    """
    if installed_line() is not SPARK_3_5:
        return session.createDataFrame(rows, schema)
    from pyspark.sql import DataFrame
    from pyspark.sql.pandas.serializers import ArrowStreamSerializer

    java: Any = jvm(session)
    context: Any = session._sc
    batches = _batches(session, rows, schema)
    stream = context._serialize_to_jvm(
        batches, ArrowStreamSerializer(), java.PythonSQLUtils.readArrowStreamFromFile, java.ArrowIteratorServer
    )
    frame: Any = java.PythonSQLUtils.toDataFrame(stream, schema.json(), java_session(session))
    return DataFrame(frame, session)


def arrow_rows(rows: DataFrame) -> pa.Table:
    """Reads the rows of a DataFrame into the memory of the driver.

    Needed as long as Spark 3.5 is supported, which has no `toArrow`.
    """
    if installed_line() is not SPARK_3_5:
        return rows.toArrow()
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    frame: Any = rows
    return pa.Table.from_batches(frame._collect_as_arrow(), to_arrow_schema(rows.schema))


def _batches(session: SparkSession, rows: pa.Table, schema: StructType) -> list[pa.RecordBatch]:
    """Record batches with Spark's Arrow types; one empty batch if there are no rows, since a stream needs a schema."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    size = int(session.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") or 10_000)
    converted = rows.cast(to_arrow_schema(schema))
    return converted.to_batches(max_chunksize=size) or [pa.RecordBatch.from_pylist([], schema=converted.schema)]
