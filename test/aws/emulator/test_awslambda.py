"""A Lambda function runs as a process with its code, environment and role."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import ROLE

ECHO = "def main(event, context): return {'got': event, 'id': context.aws_request_id}"


@pytest.fixture
def functions(shop):
    return Functions(shop)


class Functions:
    """Creates and invokes functions."""

    def __init__(self, shop):
        self.shop = shop
        self.client = shop.client("lambda")
        shop.role("function")

    def create(self, code, **more):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("pkg/code.py", code)
        python = {"Runtime": "python3.13", "Handler": "pkg/code.main", "Code": {"ZipFile": archive.getvalue()}}
        self.client.create_function(
            FunctionName="function",
            Role=f"{ROLE}function",
            **(more if "Code" in more else {**python, **more}),
        )

    def invoke(self, event=None, **more):
        answer = self.client.invoke(FunctionName="function", Payload=json.dumps(event), **more)
        return answer, json.loads(answer["Payload"].read() or "null")


def test_a_function_returns_the_result_of_its_handler(functions):
    functions.create(ECHO)
    answer, payload = functions.invoke({"a": 1})
    assert payload["got"] == {"a": 1}
    assert "FunctionError" not in answer


def test_a_function_has_its_variables_and_its_role(functions):
    whoami = "boto3.client('sts').get_caller_identity()['Arn']"
    code = f"import os, boto3\ndef main(e, c): return [os.environ['STAGE'], {whoami}]"
    functions.create(code, Environment={"Variables": {"STAGE": "dev"}})
    assert functions.invoke()[1] == ["dev", "arn:aws:sts::123456789012:assumed-role/function/function"]


def test_a_failed_function_returns_its_exception(functions):
    functions.create("def main(event, context): raise KeyError('rows')")
    answer, payload = functions.invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("KeyError", "'rows'")


@pytest.mark.parametrize("ends", ["return", "raise KeyError('rows')", "os._exit(4)"])
def test_the_folder_of_an_invocation_is_deleted_when_it_ends(functions, ends):
    code = f"import os\ndef main(e, c):\n    print(os.environ['LAMBDA_TASK_ROOT'])\n    {ends}"
    functions.create(code, Timeout=60)
    functions.invoke()
    (stream,) = functions.shop.logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
    log = functions.shop.log_lines("/aws/lambda/function", stream["logStreamName"])
    folder = Path(next(line for line in log if line.startswith("/")))
    assert folder.parent.name.startswith("emulator-lambda-")
    assert not folder.parent.exists()


@pytest.mark.parametrize(
    ("code", "timeout", "kind"),
    [
        ("import time\ndef main(e, c): time.sleep(600)", 1, "Sandbox.Timedout"),
        ("import os\ndef main(e, c): os._exit(4)", 60, "Runtime.ExitError"),
        ("def main(e, c): return 'x' * 7_000_000", 60, "Function.ResponseSizeTooLarge"),
    ],
)
def test_a_function_that_does_not_return_fails(functions, code, timeout, kind):
    functions.create(code, Timeout=timeout)
    assert functions.invoke()[1]["errorType"] == kind


ALLOCATES = "import threading\ndef main(e, c):\n    held = bytearray(200_000_000)\n    threading.Event().wait()"
ALLOCATES_IN_A_CHILD = """
import subprocess, sys

def main(event, context):
    code = "import threading; held = bytearray(200_000_000); threading.Event().wait()"
    return subprocess.run([sys.executable, "-c", code]).returncode
"""


def test_a_function_that_uses_more_than_its_memory_is_killed(functions):
    functions.create(ALLOCATES, MemorySize=128, Timeout=60)
    assert functions.invoke()[1]["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_the_process_of_a_function_that_uses_the_most_memory_is_killed(functions):
    functions.create(ALLOCATES_IN_A_CHILD, MemorySize=128, Timeout=60)
    assert functions.invoke()[1] == -9


def test_a_function_rejects_invocations_beyond_its_reserved_concurrency(functions):
    """The function invokes itself."""
    again = "boto3.client('lambda').invoke(FunctionName='function')"
    functions.create(f"import boto3\ndef main(event, context):\n    {again}", Timeout=60)
    functions.client.put_function_concurrency(FunctionName="function", ReservedConcurrentExecutions=1)
    assert functions.invoke()[1]["errorType"] == "TooManyRequestsException"


@pytest.mark.parametrize("limits", [{"MemorySize": 10_241}, {"Timeout": 901}, {"EphemeralStorage": {"Size": 10_241}}])
def test_a_function_has_the_limits_of_lambda(functions, limits):
    with pytest.raises(ClientError, match="less than or equal to"):
        functions.create(ECHO, **limits)


def test_a_function_in_a_vpc_needs_a_role_that_creates_network_interfaces(functions):
    functions.shop.aws.enforce_iam()
    network = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    with pytest.raises(ClientError, match="permissions to call CreateNetworkInterface on EC2"):
        functions.create(ECHO, VpcConfig=network)


def test_the_output_of_a_function_is_in_its_log_group(functions):
    functions.create("def main(event, context): print('hello')")
    answer, _ = functions.invoke(LogType="Tail")
    (stream,) = functions.shop.logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
    lines = functions.shop.log_lines("/aws/lambda/function", stream["logStreamName"])
    assert lines[1] == "hello"
    assert (lines[0].split()[0], lines[-1].split()[0]) == ("START", "END")
    assert b"hello" in base64.b64decode(answer["LogResult"])


def test_a_function_without_the_permissions_to_log_has_no_log(functions):
    functions.create("def main(event, context): print('hello')")
    functions.shop.aws.enforce_iam()
    answer, _ = functions.invoke(LogType="Tail")
    (stream,) = functions.shop.logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
    assert functions.shop.log_lines("/aws/lambda/function", stream["logStreamName"]) == []
    assert "FunctionError" not in answer


def test_an_asynchronous_invocation_returns_before_the_function_ends(functions):
    queue = functions.shop.queue()
    send = "boto3.client('sqs').send_message(QueueUrl=os.environ['URL'], MessageBody='done')"
    url = functions.shop.sqs.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"]
    functions.create(f"import boto3, os\ndef main(e, c): {send}", Environment={"Variables": {"URL": url}})
    answer, _ = functions.invoke(InvocationType="Event")
    assert answer["StatusCode"] == 202
    assert functions.shop.messages() == ["done"]


def test_a_function_can_be_an_image(functions):
    (functions.shop.folder / "app.py").write_text(ECHO)
    functions.create(
        ECHO,
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"},
        ImageConfig={"Command": ["app.main"]},
    )
    assert functions.invoke(3)[1]["got"] == 3


def invoke_state(**fields):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "function", "Payload.$": "$"},
        "End": True,
        **fields,
    }


def test_a_state_machine_invokes_a_function(functions):
    functions.create(ECHO)
    output = functions.shop.output({"Call": invoke_state()}, {"a": 1})
    assert output["Payload"]["got"] == {"a": 1}
    assert output["StatusCode"] == 200


def test_a_failed_function_fails_its_state_with_the_type_of_its_exception(functions):
    functions.create("class Broken(Exception): pass\ndef main(event, context): raise Broken('disk')")
    execution = functions.shop.execute({"Call": invoke_state()})
    assert execution["error"] == "Broken"
    assert json.loads(execution["cause"])["errorMessage"] == "disk"


def test_a_state_accepts_only_results_below_its_limit(functions):
    functions.create("def main(event, context): return 'x' * 262_144")
    assert functions.shop.execute({"Call": invoke_state()})["error"] == "States.DataLimitExceeded"


def test_a_topic_invokes_a_function(functions):
    sns = functions.shop.client("sns")
    functions.shop.queue()
    url = functions.shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    send = "boto3.client('sqs').send_message(QueueUrl=os.environ['URL'], MessageBody=e['Records'][0]['Sns']['Message'])"
    functions.create(f"import boto3, os\ndef main(e, c): {send}", Environment={"Variables": {"URL": url}})
    topic = sns.create_topic(Name="topic")["TopicArn"]
    function = functions.client.get_function(FunctionName="function")["Configuration"]["FunctionArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sns.publish(TopicArn=topic, Message="hello")
    assert functions.shop.messages() == ["hello"]


FAILS = "import os\ndef main(event, context): raise KeyError(context.aws_request_id)"


def test_an_asynchronous_invocation_is_repeated_and_then_becomes_a_dead_letter(functions):
    functions.shop.allow("function", "sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents")
    functions.shop.aws.enforce_iam()
    functions.create(FAILS, DeadLetterConfig={"TargetArn": functions.shop.queue("dead")})
    functions.invoke({"n": 1}, InvocationType="Event")
    url = functions.shop.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    received = functions.shop.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    (letter,) = received["Messages"]
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    request = attributes["RequestID"]
    assert json.loads(letter["Body"]) == {"n": 1}
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", f"'{request}'")
    streams = functions.shop.logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
    lines = [
        line for each in streams for line in functions.shop.log_lines("/aws/lambda/function", each["logStreamName"])
    ]
    assert lines.count(f"START RequestId: {request} Version: $LATEST") == 3


def test_a_synchronous_invocation_is_not_repeated(functions):
    functions.create(FAILS, DeadLetterConfig={"TargetArn": functions.shop.queue("dead")})
    _, payload = functions.invoke()
    (stream,) = functions.shop.logs.describe_log_streams(logGroupName="/aws/lambda/function")["logStreams"]
    lines = functions.shop.log_lines("/aws/lambda/function", stream["logStreamName"])
    assert sum(line.startswith("START") for line in lines) == 1
    assert payload["errorType"] == "KeyError"
