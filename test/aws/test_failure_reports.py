"""The function that reports failed executions to Slack, invoked by the event of an execution."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalake_sdk.failure_reports.explanations import MAX_PER_DAY
from test.aws.emulator.execution import ROLE
from test.bedrock_runtime import BedrockRuntime, Reply, replies
from test.emulator.slack import SlackServer

PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
POLICY = (Path(__file__).parents[2] / "domain_factory" / "failure_reports_policy.tf").read_text(encoding="utf-8")
ACTIONS = [
    action for actions in re.findall(r"actions +=\s*\[(.*?)\]", POLICY) for action in re.findall(r'"(.*?)"', actions)
]
ENDED = {"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]}}
FAILS = {"Fails": {"Type": "Fail", "Error": "Broken", "Cause": "no rows"}}
WAITS = {"Waits": {"Type": "Wait", "Seconds": 600, "End": True}}


@pytest.fixture
def slack():
    server = SlackServer()
    yield server
    server.stop()


@pytest.fixture
def machine(shop):
    """`machine(states, name)` creates the state machine of the pipeline daily and publishes it; returns its ARN."""

    def machine(states, name="shop_sales_dev_daily"):
        created = shop.machine(states, name=name)
        value = json.dumps({"state_machine_arn": created, "dead_letter_queue_urls": []})
        parameter = "/datalake/shop_sales_dev/daily/operations"
        shop.client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)
        return created

    return machine


@pytest.fixture
def deploy(shop):
    """`deploy(secret, …)` creates the function and its rule; returns the ARN of the function."""

    def deploy(secret, **variables):
        arn = shop.client("secretsmanager").create_secret(Name="slack", SecretString=secret)["ARN"]
        shop.role("reports", *ACTIONS)
        shop.aws.add_image("reports", Path(shop.folder), command=["datalake_sdk.failure_reports.function.handler"])
        names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}
        function = shop.client("lambda").create_function(
            FunctionName="reports",
            PackageType="Image",
            Code={"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/reports:1"},
            Role=f"{ROLE}reports",
            Timeout=60,
            Environment={"Variables": {**names, "SLACK_SECRET_ARN": arn, **variables}},
            DeadLetterConfig={"TargetArn": shop.queue("dead")},
        )["FunctionArn"]
        shop.rule(ENDED, name="reports", Arn=function)
        shop.rule(ENDED, name="copy", Arn=shop.queue("events"))
        return function

    return deploy


@pytest.fixture
def fail(shop):
    """`fail(machine)` runs an execution; returns the event of its end when it was sent."""

    def fail(machine):
        shop.ended(shop.start(machine))
        (event,) = shop.messages("events")
        return event

    return fail


def dead_letter(shop):
    """Returns the event that the function did not process in three attempts."""
    url = shop.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    received = (shop.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages") for _ in range(6))
    return json.loads(next(filter(None, received))[0]["Body"])


def log(shop):
    streams = shop.logs.describe_log_streams(logGroupName="/aws/lambda/reports")["logStreams"]
    return "\n".join(line for each in streams for line in shop.log_lines("/aws/lambda/reports", each["logStreamName"]))


def test_a_failed_execution_is_reported_once(shop, slack, machine, deploy, fail):
    function = deploy(slack.webhook)
    event = fail(machine(FAILS))
    shop.aws.enforce_iam()
    shop.invoke(function, event)
    shop.invoke(function, event)
    (message,) = slack.messages
    assert message["text"] == "Pipeline daily of shop_sales_dev failed: Broken"
    assert "Broken: no rows" in json.dumps(message["blocks"])
    assert "already reported" in log(shop)


def test_a_redriven_execution_that_fails_again_is_reported_again(shop, slack, machine, deploy, fail):
    function = deploy(slack.webhook)
    first = fail(machine(FAILS))
    shop.invoke(function, first)
    shop.sfn.redrive_execution(executionArn=first["detail"]["executionArn"])
    (second,) = shop.messages("events")
    shop.invoke(function, second)
    assert len(slack.messages) == 2


@pytest.mark.parametrize(
    ("secret", "error"),
    [
        (None, "SlackUnavailableError: the message was not sent to Slack: status 503"),
        ("hunter2", "SlackSecretError: secret 'arn:aws:secretsmanager:"),
        ("xoxb-hunter2", "MissingSlackChannelError: secret 'arn:aws:secretsmanager:"),
    ],
    ids=["Slack is down", "the secret is malformed", "a token has no channel"],
)
def test_a_report_that_cannot_be_sent_is_a_dead_letter_and_the_execution_is_unchanged(
    shop, slack, machine, deploy, fail, secret, error
):
    slack.outage = 503
    deploy(secret or slack.webhook)
    event = fail(machine(FAILS))
    assert dead_letter(shop) == event
    assert slack.messages == []
    described = shop.sfn.describe_execution(executionArn=event["detail"]["executionArn"])
    assert (described["status"], described["cause"]) == ("FAILED", "no rows")
    assert "hunter2" not in log(shop)
    assert error in log(shop)


def test_a_report_that_failed_is_sent_when_it_is_repeated(shop, slack, machine, deploy, fail):
    deploy(slack.webhook)
    slack.next_statuses = [503]
    fail(machine(FAILS))
    slack.wait_for(1)
    assert "status 503" in log(shop)


def test_a_dead_letter_that_is_sent_again_is_reported_once(shop, slack, machine, deploy, fail):
    slack.outage = 503
    function = deploy(slack.webhook)
    fail(machine(FAILS))
    event = dead_letter(shop)
    slack.outage = None
    shop.aws.enforce_iam()
    shop.invoke(function, event)
    shop.invoke(function, event)
    assert len(slack.messages) == 1


@pytest.fixture
def model():
    """`model(*replies)` starts Bedrock's runtime; returns it and the variables of a function that uses it."""
    servers = []

    def start(*given):
        servers.append(BedrockRuntime(replies(*given)).__enter__())
        endpoint = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
        return servers[0], {"INVESTIGATION_MODEL_ARN": PROFILE, endpoint: servers[0].environment[endpoint]}

    yield start
    for server in servers:
        server.__exit__()


def test_a_model_explains_a_failure_once(shop, slack, machine, deploy, fail, model):
    server, variables = model(Reply(("The file <https://evil.example|has> no rows.",)))
    slack.next_statuses = [503]
    deploy(slack.webhook, **variables)
    event = fail(machine(FAILS))
    slack.wait_for(1)
    (message,) = slack.messages
    shown = json.dumps(message["blocks"])
    assert "Explanation by a model, which may be wrong" in shown
    assert "The file &lt;https://evil.example|has&gt; no rows." in shown
    (request,) = server.requests
    assert (request["modelId"], request["inferenceConfig"]) == (PROFILE, {"maxTokens": 400})
    assert event["detail"]["name"] in json.dumps(request["messages"])


def test_a_failure_is_reported_without_an_answer_of_the_model(shop, slack, machine, deploy, fail, model):
    _, variables = model(Reply(fault="AccessDeniedException", status=403, reason="no access to the model"))
    function = deploy(slack.webhook, **variables)
    shop.invoke(function, fail(machine(FAILS)))
    slack.wait_for(1)
    assert "Explanation" not in json.dumps(slack.messages)
    assert re.search("no explanation: .*no access to the model", log(shop))


def test_a_model_explains_a_limited_number_of_failures_a_day(shop, slack, machine, deploy, fail, model):
    server, variables = model()
    function = deploy(slack.webhook, **variables)
    for day in (datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)):
        key = f"failure_reports/explanations/{day:%Y-%m-%d}"
        shop.client("s3").put_object(Bucket="shop-sales-dev-technical", Key=key, Body=str(MAX_PER_DAY).encode())
    shop.invoke(function, fail(machine(FAILS)))
    slack.wait_for(1)
    assert server.requests == []
    assert "no explanation: the limit of 20 explanations" in log(shop)


def test_state_machines_of_other_stages_are_not_reported(shop, slack, machine, deploy, fail):
    machine(FAILS)
    function = deploy(slack.webhook)
    shop.invoke(function, fail(shop.machine(FAILS, name="shop_sales_dev_2_daily")))
    assert slack.messages == []


def test_an_execution_that_was_redriven_in_the_meantime_is_not_reported(shop, slack, machine, deploy):
    function, execution = deploy(slack.webhook), shop.start(machine(WAITS))
    detail = {"executionArn": execution, "name": execution.split(":")[-1], "stopDate": 1}
    shop.invoke(function, {"detail": detail})
    assert slack.messages == []
