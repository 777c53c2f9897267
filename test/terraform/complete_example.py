"""The applied complete examples, what the test requests from AWS, and what it changes in their folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from test.emulator import Emulator
from test.emulator.athena_client import AthenaClient
from test.emulator.slack import SlackServer
from test.emulator.web_identity import web_identity_token
from test.terraform.deployment import Deployment
from test.terraform.deployment_roles import ISSUER
from test.terraform.terraform import Terraform

OWN_ROLE = "deployment-shop_sales_dev"
"""Name of the role that applies the examples."""
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Example:
    """The complete examples in an account, and what observes them.

    Attributes:
        deployment: The root modules.
        production: The minimal domain in the stage `prod`.
        notifications: `notifications()` returns the new messages of the domain's failure topic, after `subscribe()`.
    """

    aws: Emulator
    deployment: Deployment
    production: Terraform
    slack: SlackServer
    notifications: Any
    subtests: pytest.Subtests

    @property
    def other_domains(self) -> list[Terraform]:
        return [self.production, self.deployment.original]

    def execute(self, *inputs: Any, machine: str | None = None) -> list[dict[str, Any]]:
        """Runs executions, by default of the complete example."""
        states = self.aws.client("stepfunctions")
        machine = machine or self.deployment.pipeline.output()["state_machine_arn"]
        started = [states.start_execution(stateMachineArn=machine, input=json.dumps(given)) for given in inputs]
        for execution in started:
            self.aws.wait_for(execution["executionArn"], *ENDED, seconds=300)
        return [states.describe_execution(executionArn=execution["executionArn"]) for execution in started]

    def succeed(self, given: Any, machine: str | None = None) -> None:
        """Runs an execution, which must succeed."""
        (execution,) = self.execute(given, machine=machine)
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"


def assume_as_job(aws, subject):
    """Exchanges the token of a job of GitLab for credentials of the role that applies the complete examples."""
    given = aws.client("sts").assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{aws.account}:role/{OWN_ROLE}",
        RoleSessionName="job",
        WebIdentityToken=web_identity_token(ISSUER, ISSUER, subject),
    )["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def select(requests, outcome):
    """Counts the requests with an outcome, by service and operation."""
    return {
        f"{service}:{operation}": counts[outcome]
        for service, operations in requests.items()
        for operation, counts in operations.items()
        if outcome in counts
    }


def report_again(aws, execution):
    """Delivers the event of an execution's end again."""
    stopped = int(execution["stopDate"].timestamp() * 1000)
    detail = {"executionArn": execution["executionArn"], "name": execution["name"], "stopDate": stopped}
    payload = json.dumps({"detail": detail})
    answer = aws.client("lambda").invoke(FunctionName="shop_sales_dev_failure_reports", Payload=payload)
    assert "FunctionError" not in answer, answer["Payload"].read()


def broken_promises(aws):
    """Invokes the function that checks freshness; returns the promises that are not kept."""
    answer = aws.client("lambda").invoke(FunctionName="shop_sales_dev_freshness_check", Payload="{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    found = aws.client("s3").get_object(Bucket="shop-sales-dev-technical", Key="freshness/broken_promises.json")
    return json.loads(found["Body"].read())


def messages(aws, queue, **options):
    """Receives the bodies of the messages in a queue."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **options)
    return [found["Body"] for found in received.get("Messages", [])]


def rows(aws, table, workgroup="shop_sales_dev"):
    """Counts the rows of a table with Athena."""
    ran = AthenaClient(aws, workgroup).run(f"SELECT count(*) FROM {table}")
    assert ran.state == "SUCCEEDED", ran.reason
    return int(ran.rows[0][0])


def catalog_tables(aws):
    """Names of the tables of each database in the catalog."""
    glue = aws.client("glue")
    databases = [database["Name"] for database in glue.get_databases()["DatabaseList"]]
    return {
        name: sorted(table["Name"] for table in glue.get_tables(DatabaseName=name)["TableList"]) for name in databases
    }


@contextmanager
def renamed_pipeline(root):
    """Changes the name of a pipeline within the block."""
    file = root.folder / "pipeline_reports.tf"
    source = file.read_text()
    file.write_text(source.replace('pipeline_name = "reports"', 'pipeline_name = "summaries"'))
    yield
    file.write_text(source)


def delete_versions(aws, bucket):
    """Deletes all versions of all objects in a bucket."""
    s3 = aws.client("s3")
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def run_task(aws, pipeline, task, *options):
    """Runs `datalake_sdk run_task` as the root user."""
    names = ["-p", "shop", "-d", "sales", "-s", "dev"]
    program = [sys.executable, "-m", "datalake_sdk.cli", *names, "run_task"]
    return subprocess.run(
        [*program, "--pipeline-name", pipeline, "--task-name", task, *options],
        env={**os.environ, **aws.environment},
        capture_output=True,
        text=True,
        check=False,
    )
