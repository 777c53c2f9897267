"""Spark, really running: one JVM for all tests of a process."""

import pytest

LEAVES_SOCKETS = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""pyspark closes none of those that it reads rows from:
https://github.com/apache/spark/blob/v4.0.2/python/pyspark/core/rdd.py"""
