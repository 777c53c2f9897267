"""Tests that run Spark, in one JVM for all tests of a process."""

import pytest

RUNS_SPARK = (pytest.mark.java, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
"""pyspark does not close the sockets from which it reads rows:
https://github.com/apache/spark/blob/v4.0.2/python/pyspark/core/rdd.py"""
