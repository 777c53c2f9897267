"""Rules, schedules and pipes deliver with the permissions that AWS requires; other events become dead letters."""

from __future__ import annotations

import json

import pytest

from test.aws.emulator.execution import ROLE, policy

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue"
DEAD_LETTERS = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:dead-letters"
RULE = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/rule"
MISSING_MACHINE = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:missing"
PASS = {"P": {"Type": "Pass", "End": True}}


@pytest.fixture
def enforced(shop):
    """Enforces IAM; queues `queue` and `dead-letters` exist, and the latter accepts dead letters of the rule."""
    shop.queue()
    shop.queue("dead-letters")
    allow_rule(shop, DEAD_LETTERS)
    shop.aws.enforce_iam()
    yield shop
    shop.aws.stop_enforcing_iam()


def allow_rule(shop, queue, rule=RULE):
    """Sets a policy of a queue that lets a rule send messages."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    url = shop.sqs.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"]
    shop.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})


def put_event(shop):
    shop.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Sold", "Detail": '{"amount": 20}'}])


def rule(shop, arn, **more):
    shop.rule({"source": ["shop"]}, Arn=arn, **{"DeadLetterConfig": {"Arn": DEAD_LETTERS}, **more})


def attributes(shop, name="dead-letters"):
    """Receives one message; returns the values of its attributes."""
    url = shop.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    (message,) = shop.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def is_empty(shop, name):
    url = shop.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return "Messages" not in shop.sqs.receive_message(QueueUrl=url)


def test_a_queue_receives_events_of_the_rule_that_its_policy_allows(enforced):
    allow_rule(enforced, QUEUE)
    rule(enforced, QUEUE)
    put_event(enforced)
    assert enforced.messages()[0]["detail"] == {"amount": 20}


@pytest.mark.parametrize("allowed", [None, RULE.replace("rule/rule", "rule/other")])
def test_events_that_the_policy_of_a_queue_does_not_allow_become_dead_letters(enforced, allowed):
    if allowed:
        allow_rule(enforced, QUEUE, allowed)
    rule(enforced, QUEUE)
    put_event(enforced)
    letter = attributes(enforced)
    assert letter.pop("ERROR_MESSAGE").startswith("User: events.amazonaws.com is not authorized to perform: sqs:SendM")
    assert letter == {"RULE_ARN": RULE, "TARGET_ARN": QUEUE, "ERROR_CODE": "NO_PERMISSIONS"}
    assert is_empty(enforced, "queue")


def test_a_topic_receives_the_events_that_its_policy_allows(enforced):
    sns = enforced.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    rule(enforced, topic)
    put_event(enforced)
    assert attributes(enforced)["ERROR_CODE"] == "NO_PERMISSIONS"
    document = policy({**statement, "Resource": topic})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    put_event(enforced)
    assert is_empty(enforced, "dead-letters")


def test_the_key_of_a_topic_must_allow_the_events(enforced):
    kms, sns = enforced.client("kms"), enforced.client("sns")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    topic = sns.create_topic(Name="topic", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    document = policy({**statement, "Action": "sns:Publish", "Resource": topic})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    rule(enforced, topic)
    put_event(enforced)
    assert "kms:" in attributes(enforced)["ERROR_MESSAGE"]
    document = policy({**statement, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)
    put_event(enforced)
    assert is_empty(enforced, "dead-letters")


def test_a_function_is_invoked_by_the_rule_that_its_policy_allows(enforced):
    function = enforced.function("f", "def main(event, context):\n    print('sold', event['detail'])", f"{ROLE}task")
    rule(enforced, function)
    put_event(enforced)
    assert attributes(enforced)["ERROR_CODE"] == "NO_PERMISSIONS"
    enforced.client("lambda").add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=RULE,
    )  # fmt: skip
    put_event(enforced)
    assert is_empty(enforced, "dead-letters")


def test_the_dead_letter_names_the_reason(enforced):
    rule(enforced, MISSING_MACHINE, RoleArn=f"{ROLE}events")
    put_event(enforced)
    assert attributes(enforced)["ERROR_CODE"] == "NO_PERMISSIONS"
    enforced.client("iam").delete_role(RoleName="events")
    put_event(enforced)
    assert attributes(enforced)["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


@pytest.mark.parametrize(
    ("arn", "given", "code"),
    [
        (MISSING_MACHINE, {}, "NO_RESOURCE"),
        (QUEUE.replace("queue", "missing"), {"RoleArn": None}, "NO_RESOURCE"),
        (MISSING_MACHINE, {"Input": "not JSON"}, "INVALID_JSON"),
    ],
)
def test_an_undeliverable_event_becomes_a_dead_letter(shop, arn, given, code):
    shop.queue("dead-letters")
    given = {"RoleArn": f"{ROLE}events", **given}
    rule(shop, arn, **{name: value for name, value in given.items() if value})
    put_event(shop)
    assert attributes(shop)["ERROR_CODE"] == code


def test_a_queue_whose_policy_does_not_allow_the_rule_receives_no_dead_letters(enforced):
    allow_rule(enforced, DEAD_LETTERS, RULE.replace("rule/rule", "rule/other"))
    rule(enforced, QUEUE)
    put_event(enforced)
    assert is_empty(enforced, "dead-letters")


def test_throttled_deliveries_are_retried(shop):
    machine = shop.machine(PASS)
    shop.queue("dead-letters")
    rule(shop, machine, RoleArn=f"{ROLE}events", RetryPolicy={"MaximumRetryAttempts": 2})
    shop.aws.fail_next("states:StartExecution", "ThrottlingException", times=2)
    put_event(shop)
    assert len(shop.sfn.list_executions(stateMachineArn=machine)["executions"]) == 1
    shop.aws.fail_next("states:StartExecution", "ThrottlingException", times=3)
    put_event(shop)
    letter = attributes(shop)
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == ("THROTTLING", "2")
    assert letter["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def schedule(shop, arn, **target):
    shop.client("scheduler").create_schedule(
        Name="schedule",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": f"{ROLE}scheduler", "DeadLetterConfig": {"Arn": DEAD_LETTERS}, **target},
    )
    shop.aws.advance_time(1)


@pytest.mark.parametrize("operation", [False, True], ids=["templated target", "API operation"])
def test_a_schedule_delivers_and_sends_dead_letters_with_its_role(enforced, operation):
    machine = enforced.machine(PASS)
    arn = "arn:aws:scheduler:::aws-sdk:sfn:startExecution" if operation else machine
    enforced.allow("scheduler", "sqs:SendMessage")
    schedule(enforced, arn, Input=json.dumps({"StateMachineArn": machine, "Input": "{}"}))
    letter = attributes(enforced)
    assert letter["ERROR_CODE"] == "AccessDeniedException"
    assert letter["SCHEDULE_ARN"] == f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule/default/schedule"
    assert letter.keys() == {
        "ERROR_CODE", "ERROR_MESSAGE", "EXECUTION_ID", "EXHAUSTED_RETRY_CONDITION", "IS_PAYLOAD_TRUNCATED",
        "RETRY_ATTEMPTS", "SCHEDULED_TIME", "SCHEDULE_ARN", "TARGET_ARN",
    }  # fmt: skip
    enforced.allow("scheduler", "states:StartExecution")
    enforced.aws.advance_time(86_400)
    assert len(enforced.sfn.list_executions(stateMachineArn=machine)["executions"]) == 1


def test_a_schedule_whose_role_may_not_send_dead_letters_sends_none(enforced):
    schedule(enforced, enforced.machine(PASS))
    assert is_empty(enforced, "dead-letters")


@pytest.mark.parametrize("missing", [None, "sqs:ReceiveMessage", "sqs:GetQueueAttributes", "states:StartExecution"])
def test_a_pipe_needs_permissions_for_its_source_and_target(enforced, missing):
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "states:StartExecution"}
    enforced.allow("pipe", *needed)
    machine = enforced.machine(PASS)
    enforced.client("pipes").create_pipe(
        Name="pipe",
        RoleArn=f"{ROLE}pipe",
        Source=QUEUE,
        Target=machine,
        TargetParameters={"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}},
    )
    enforced.allow("pipe", *needed - {missing})
    enforced.sqs.send_message(QueueUrl=enforced.sqs.get_queue_url(QueueName="queue")["QueueUrl"], MessageBody="{}")
    enforced.aws.advance_time(0)
    started = enforced.sfn.list_executions(stateMachineArn=machine)["executions"]
    assert len(started) == (0 if missing else 1)


@pytest.mark.parametrize("missing", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
def test_the_creation_of_a_pipe_fails_if_its_role_may_not_poll_the_source(enforced, missing):
    enforced.allow("pipe", *{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} - {missing})
    pipes = enforced.client("pipes")
    pipes.create_pipe(Name="pipe", RoleArn=f"{ROLE}pipe", Source=QUEUE, Target=DEAD_LETTERS)
    created = pipes.describe_pipe(Name="pipe")
    assert created["CurrentState"] == "CREATE_FAILED"
    action = missing.removeprefix("sqs:")
    assert created["StateReason"].endswith(f"role does not have permissions to call {action} on SQS")
