"""Published requests are converted to requests to ECS, EMR Serverless and Lambda.

The Terraform tests of pipeline_factory compare what it publishes with the same file.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import boto3
import pytest
from botocore.validate import validate_parameters

from datalake_sdk.errors import ComputedValuesError
from datalake_sdk.platforms.aws.emr_runs import spark_submit_parameters
from datalake_sdk.platforms.aws.published_tasks import PublishedTask, parse_published_task

PUBLISHED = json.loads((Path(__file__).parents[2] / "contract/published_requests.json").read_text(encoding="utf-8"))
DRIVER = "spark.emr-serverless.driverEnv"


def parsed(task: str) -> PublishedTask:
    return parse_published_task(task, json.dumps(PUBLISHED[task]))


@pytest.mark.parametrize(
    ("task", "operation", "generated"),
    [("load", "RunTask", {}), ("enrich", "StartJobRun", {"clientToken": "generated"})],
)
def test_a_published_request_is_valid_for_its_service(task, operation, generated):
    published = parsed(task)
    model = boto3.client(published.service, region_name="eu-west-1").meta.service_model.operation_model(operation)
    validate_parameters({**published.request, **generated}, model.input_shape)


def test_the_function_and_the_log_group_of_a_task_on_lambda_are_published():
    published = parsed("convert")
    assert published.service == "lambda"
    assert published.request["functionName"].endswith(":function:shop_sales_dev_orders_task")
    assert published.log == {"group": "shop_sales_dev_orders/convert"}


def test_a_compressed_request_is_read_like_a_plain_one():
    value = base64.b64encode(gzip.compress(json.dumps(PUBLISHED["enrich"]).encode())).decode()
    assert parse_published_task("enrich", value) == parsed("enrich")


def test_map_keys_are_unchanged():
    monitoring = parsed("enrich").request["configurationOverrides"]["monitoringConfiguration"]
    assert monitoring["cloudWatchLoggingConfiguration"]["logTypes"] == {"SPARK_DRIVER": ["STDOUT", "STDERR"]}


def test_the_spark_submit_parameters_equal_those_of_the_state():
    assert spark_submit_parameters(parsed("enrich"), {}) == PUBLISHED["spark submit parameters of enrich"]


def test_a_parameter_overrides_the_variable_of_the_driver_and_of_the_executors():
    parameters = spark_submit_parameters(parsed("enrich"), {"TASK_ADDITIONAL_PARAMETERS_quote": "no"})
    assert parameters.count("TASK_ADDITIONAL_PARAMETERS_quote") == 2
    assert f"--conf '{DRIVER}.TASK_ADDITIONAL_PARAMETERS_quote=no'" in parameters
    assert "--conf 'spark.executorEnv.TASK_ADDITIONAL_PARAMETERS_quote=no'" in parameters


def test_a_parameter_that_the_pipeline_computes_is_required():
    published = parsed("enrich")
    with pytest.raises(ComputedValuesError, match="no values for 'TASK_ADDITIONAL_PARAMETERS_key'") as caught:
        published.check_variables({})
    assert "--parameter NAME=VALUE" in caught.value.hint
    published.check_variables({"TASK_ADDITIONAL_PARAMETERS_key": "orders.csv"})
