"""Errors of Spark's Java process become terminal or transient errors of the SDK."""

from __future__ import annotations

import pytest
from pyspark.sql import types as spark

from datalake_sdk.errors import (
    DateOutOfRangeError,
    IncompatibleColumnError,
    RequiredColumnError,
    SparkConflictError,
    SparkJobError,
    SparkLostError,
    SparkMemoryError,
    StorageError,
    TransientError,
)
from datalake_sdk.spark_engine.failures import AFTER_LAST_YEAR, date_message, failure, spark_errors, value_message

ABORTED = "org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times"


@pytest.mark.parametrize(
    ("cause", "error", "is_transient"),
    [
        ("org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero.", SparkJobError, False),
        ("org.apache.spark.SparkRuntimeException: [MERGE_CARDINALITY_VIOLATION] The ON ...", SparkJobError, False),
        ("java.lang.OutOfMemoryError: Java heap space", SparkMemoryError, False),
        ("java.io.IOException: No space left on device", StorageError, True),
        ("java.io.UncheckedIOException: Failed to create file", StorageError, True),
        ("org.apache.spark.SparkException: ExecutorLostFailure (executor 1 exited)", SparkLostError, True),
        ("software.amazon.awssdk.services.s3.model.S3Exception: (Status Code: 503)", SparkLostError, True),
        ("org.apache.iceberg.exceptions.CommitFailedException: stale", SparkConflictError, True),
        ("org.apache.iceberg.exceptions.ValidationException: Missing files", SparkConflictError, True),
    ],
)
def test_each_failure_maps_to_a_terminal_or_transient_error(cause, error, is_transient):
    found = failure("sales.orders", [ABORTED, cause])
    assert type(found) is error
    assert isinstance(found, TransientError) == is_transient
    assert "sales.orders" in found.message


def test_a_null_in_a_required_column_is_the_error_of_the_native_engine():
    cause = (
        "org.apache.spark.SparkRuntimeException: [NOT_NULL_ASSERT_VIOLATION] NULL value appeared in non-nullable field:"
        " \namount\nIf the schema is inferred from a Scala tuple/case class, or a Java bean, please try to use Option."
    )
    found = failure("sales.orders", [ABORTED, cause])
    assert (type(found), found.message) == (RequiredColumnError, RequiredColumnError("sales.orders", "amount").message)


def test_the_reason_is_the_innermost_cause_without_its_traceback():
    cause = "org.apache.spark.SparkRuntimeException: it is so\n\tat java.base/Thread.run\nDriver stacktrace:"
    assert failure("sales.orders", [ABORTED, cause]).message == "sales.orders: Spark failed: it is so"


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("ValueError: no such day", "ValueError: no such day"),
        (
            "datalake_sdk.errors.InputError: row 7: 'x' is no date\nCorrect the row.",
            "InputError: row 7: 'x' is no date",
        ),
    ],
)
def test_a_failure_in_python_is_reported_as_its_exception(raised, message):
    trace = f'Traceback (most recent call last):\n  File "task.py", line 3, in rows\n    raise\n{raised}\n'
    found = failure("sales.orders", [ABORTED, f"org.apache.spark.api.python.PythonException: {trace}"])
    assert found.message == f"sales.orders: Spark failed: {message}"


def test_an_incompatible_value_is_reported_as_by_the_native_engine():
    message = value_message("price", spark.LongType(), spark.DoubleType()) + "9007199254740993 SQLSTATE: P0001"
    found = failure("sales.orders", [ABORTED, f"org.apache.spark.SparkRuntimeException: {message}"])
    assert isinstance(found, IncompatibleColumnError)
    assert (
        "column 'price' is double, the batch has long, with values that double cannot hold exactly: 9007199254740993;"
        in found.message
    )


def test_a_date_out_of_range_is_reported_as_by_the_native_engine():
    cause = f"org.apache.spark.SparkRuntimeException: [USER_RAISED_EXCEPTION] {date_message('at', AFTER_LAST_YEAR)}"
    found = failure("sales.orders", [ABORTED, f"{cause} SQLSTATE: P0001"])
    assert isinstance(found, DateOutOfRangeError)
    assert found.message == DateOutOfRangeError("sales.orders", "at", "after the year 9999").message


def test_a_lost_java_process_is_a_transient_error():
    with pytest.raises(SparkLostError, match="Connection refused"), spark_errors("sales.orders"):
        raise ConnectionRefusedError("Connection refused")
