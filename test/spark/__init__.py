"""Spark, really running: one JVM for all tests of a process."""

import pytest

RUNS_SPARK = (pytest.mark.java, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
"""pyspark leaves sockets open that it reads rows from:
https://github.com/apache/spark/blob/v4.0.2/python/pyspark/core/rdd.py"""
