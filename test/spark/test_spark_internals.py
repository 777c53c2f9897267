"""Fails if pyspark changes a private attribute of a running session that `spark_internals` uses."""

from __future__ import annotations

from pyspark import SparkContext

from datalake_sdk.spark_engine import spark_internals as internals


def test_a_running_session_exposes_java(lake):
    session = lake.session
    assert internals.has_spark_context()
    assert internals.java_gateway() is SparkContext._gateway
    assert internals.jvm(session).java.lang.Math.max(1, 2) == 2
    assert internals.java_session(session).version() == session.version


def test_a_static_method_is_called_even_if_an_instance_method_has_the_same_name(lake):
    cache = internals.static_method(lake.session, "org.apache.iceberg.spark.SparkTableCache", "get")()
    assert cache.size() == 0


def test_the_analyzed_plan_has_the_types_of_expressions(lake):
    plan = internals.analyzed_plan(lake.session, "SELECT CAST(1 AS INT) AS a")
    assert plan.output().apply(0).dataType().catalogString() == "int"
