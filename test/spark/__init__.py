"""Tests that run Spark, in one JVM for all tests of a process."""

import pytest

RUNS_SPARK = (
    pytest.mark.java,
    pytest.mark.filterwarnings(
        "ignore:unclosed <socket:ResourceWarning", "ignore:distutils Version classes:DeprecationWarning"
    ),
)
"""pyspark does not close the sockets from which it reads rows, and 3.5 uses distutils:
https://github.com/apache/spark/blob/v4.0.2/python/pyspark/core/rdd.py
https://github.com/apache/spark/blob/v3.5.6/python/pyspark/sql/pandas/utils.py"""
