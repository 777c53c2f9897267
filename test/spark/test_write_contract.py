"""Random sequences of Spark writes have the same results as in the model of the write contract."""

from __future__ import annotations

from functools import cached_property

from hypothesis import HealthCheck, settings

from datalake_sdk.spark_engine.session import spark_session
from datalake_sdk.spark_engine.writer import SparkWriter
from test.property.test_write_contract import WriteContract
from test.spark.lake import SPREAD


class SparkWriteContract(WriteContract):
    """One table written by Spark, and its model; few steps, because each takes most of a second."""

    def __init__(self) -> None:
        super().__init__()
        self.model.quarantines_final = False

    @cached_property
    def session(self):
        return spark_session(self.platform.environment, SPREAD)

    def writer(self):
        return SparkWriter(self.platform, self.session)


SparkWriteContract.TestCase.settings = settings(
    max_examples=4, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestSparkWriteContract = SparkWriteContract.TestCase
