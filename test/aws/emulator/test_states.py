"""States, integrations and API operations of Step Functions behave as documented by AWS."""

from __future__ import annotations

import json
import re

import pytest

from test.aws.emulator.execution import ROLE

PASS = {"Type": "Pass", "End": True}
STATUS_CHANGE = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}


def invoke(**fields):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "function", "Payload.$": "$"},
        "End": True,
        **fields,
    }


def test_a_successful_task_is_the_output_of_its_state(shop):
    shop.define_task("")
    output = shop.output({"Run": shop.run_task_state(".sync")})
    assert output["LastStatus"] == "STOPPED"
    assert output["Containers"][0]["ExitCode"] == 0
    assert output["StartedBy"] == "AWS Step Functions"


def test_a_failed_task_is_the_cause_of_its_failed_state(shop):
    shop.define_task("raise SystemExit(7)")
    execution = shop.execute({"Run": shop.run_task_state(".sync")})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["Containers"][0]["ExitCode"] == 7


def test_a_task_that_does_not_start_fails_its_state(shop):
    shop.define_task("", image="nowhere:1")
    execution = shop.execute({"Run": shop.run_task_state(".sync")})
    assert json.loads(execution["cause"])["StopCode"] == "TaskFailedToStart"


def test_a_request_rejected_by_ecs_has_an_error_of_ecs(shop):
    catch = [{"ErrorEquals": ["ECS.ClientException"], "Next": "Caught"}]
    states = {"Run": shop.run_task_state(".sync", Catch=catch), "Caught": {**PASS, "Result": "caught"}}
    assert shop.output(states) == "caught"


def test_a_message_is_published_to_a_topic(shop):
    sns = shop.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue(), Attributes={"RawMessageDelivery": "true"})
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": topic, "Subject": "done", "Message": {"rows.$": "$.rows"}},
        "End": True,
    }
    assert "MessageId" in shop.output({"Tell": publish}, {"rows": 3})
    assert shop.messages() == [{"rows": 3}]


@pytest.mark.parametrize("pattern", ["", ".sync", ".sync:2"])
def test_a_state_machine_runs_another(shop, pattern):
    inner = shop.machine({"Inner": {**PASS, "Result": {"rows": 3}}}, name="inner")
    outer = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": inner, "Input": {"a": 1}},
        "End": True,
    }
    output = shop.output({"Outer": outer})
    assert output["ExecutionArn"].startswith(inner.replace(":stateMachine:", ":execution:"))
    assert output.get("Output") == {"": None, ".sync": '{"rows":3}', ".sync:2": {"rows": 3}}[pattern]


def test_a_failed_inner_execution_fails_the_outer(shop):
    inner = shop.machine({"Inner": {"Type": "Fail", "Error": "Broken", "Cause": "disk"}}, name="inner")
    outer = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": inner},
        "End": True,
    }
    execution = shop.execute({"Outer": outer})
    assert execution["error"] == "States.TaskFailed"
    assert json.loads(execution["cause"])["Error"] == "Broken"


def test_services_are_called_with_the_role_of_the_state_machine(shop):
    whoami = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity", "End": True}
    assert ":assumed-role/machine/" in shop.output({"Ask": whoami})["Arn"]


def test_starting_a_task_requires_only_permissions_to_run_it_and_to_pass_its_roles(shop):
    shop.define_task("pass")
    starter = shop.role("starter", "ecs:RunTask", "iam:PassRole")
    shop.aws.enforce_iam()
    answer = shop.output({"T": shop.run_task_state("")}, role=starter)
    assert answer["Tasks"][0]["TaskDefinitionArn"].endswith("task:1")


def test_any_operation_of_any_service_can_be_called(shop):
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:emrserverless:listApplications",
        "Parameters": {"MaxResults": 5},
        "ResultSelector": {"names.$": "$.Applications[*].Name"},
        "End": True,
    }
    shop.client("emr-serverless").create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK")
    assert shop.output({"List": call}) == {"names": ["spark"]}


def test_branches_run_in_parallel_and_return_a_list(shop):
    branches = [{"StartAt": f"A{n}", "States": {f"A{n}": {**PASS, "Result": n}}} for n in (1, 2)]
    assert shop.output({"Both": {"Type": "Parallel", "Branches": branches, "End": True}}) == [1, 2]


def test_a_map_runs_once_for_each_item(shop):
    inner = {"StartAt": "A", "States": {"A": {**PASS, "Parameters": {"n.$": "$$.Map.Item.Value"}}}}
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "MaxConcurrency": 2, "End": True}
    assert shop.output({"Each": each}, {"items": [1, 2]}) == [{"n": 1}, {"n": 2}]


def test_many_tasks_run_in_parallel(shop):
    shop.define_task("import os; print(os.environ['ITEM'])")
    item = {"Name": "ITEM", "Value.$": "States.Format('{}', $)"}
    inner = {"StartAt": "Run", "States": {"Run": shop.run_task_state(".sync", environment=[item])}}
    tasks = shop.output({"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}}, list(range(6)))
    assert [shop.printed(task["TaskArn"]) for task in tasks] == [[str(number)] for number in range(6)]


@pytest.mark.parametrize(("rows", "way"), [(0, "empty"), (5, "full")])
def test_a_choice_follows_its_rules(shop, rows, way):
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.rows", "NumericGreaterThan": 0, "Next": "Full"}],
        "Default": "Empty",
    }
    states = {"Ask": choice, "Full": {**PASS, "Result": "full"}, "Empty": {**PASS, "Result": "empty"}}
    assert shop.output(states, {"rows": rows}) == way


def test_a_wait_ends_at_its_time(shop):
    assert shop.output({"Wait": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "P"}, "P": PASS}, 1) == 1


def test_a_fail_state_fails_with_its_error_and_cause(shop):
    execution = shop.execute({"F": {"Type": "Fail", "Error": "Broken", "Cause": "disk"}})
    assert (execution["status"], execution["error"], execution["cause"]) == ("FAILED", "Broken", "disk")


def test_intrinsic_functions_are_evaluated(shop):
    given = {
        "text.$": "States.Format('{}-{}', $.a, States.ArrayLength($.list))",
        "json.$": "States.StringToJson('[1]')",
        "sum.$": "States.MathAdd($.a, 1)",
        "start.$": "States.Format('{}', $$.Execution.StartTime)",
    }
    output = shop.output({"P": {**PASS, "Parameters": given}}, {"a": 1, "list": [1, 2]})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", output.pop("start"))
    assert output == {"text": "1-2", "json": [1], "sum": 2}


def test_a_caught_error_becomes_the_input_of_the_next_state(shop):
    catch = [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "P"}]
    shop.define_task("raise SystemExit(1)")
    output = shop.output({"Run": shop.run_task_state(".sync", Catch=catch), "P": PASS}, {"kept": True})
    assert output["kept"]
    assert output["error"]["Error"] == "States.TaskFailed"


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_an_error_in_a_branch_can_be_caught_by_the_outer_state(shop, kind):
    shop.define_task("raise SystemExit(4)")
    inner = {"StartAt": "Run", "States": {"Run": shop.run_task_state(".sync")}}
    fields = {"Branches": [inner]} if kind == "Parallel" else {"ItemProcessor": inner}
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "P"}]
    error = shop.output({"Around": {"Type": kind, **fields, "Catch": catch, "End": True}, "P": PASS}, [1])
    assert error["Error"] == "States.TaskFailed"
    assert json.loads(error["Cause"])["Containers"][0]["ExitCode"] == 4


def test_a_state_can_use_the_credentials_of_another_role(shop):
    whoami = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity", "End": True}
    whoami["Credentials"] = {"RoleArn": f"{ROLE}other"}
    assert ":assumed-role/other/" in shop.output({"Ask": whoami})["Arn"]


@pytest.mark.parametrize(("attempts", "tries"), [(0, 1), (2, 3)])
def test_a_retry_is_limited_to_its_maximum_attempts(shop, attempts, tries):
    retry = {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": attempts, "IntervalSeconds": 1, "BackoffRate": 1}
    shop.define_task("raise SystemExit(1)")
    assert shop.execute({"Run": shop.run_task_state(".sync", Retry=[retry])})["error"] == "States.TaskFailed"
    assert len(shop.ecs.list_tasks(cluster="cluster")["taskArns"]) == tries


def test_states_all_does_not_catch_a_runtime_error(shop):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "P"}]
    inner = {"StartAt": "A", "States": {"A": {**PASS, "Parameters": {"x.$": "$.missing"}}}}
    execution = shop.execute({"B": {"Type": "Parallel", "Branches": [inner], "Catch": catch, "End": True}, "P": PASS})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")


def test_an_execution_without_a_name_gets_a_generated_one(shop):
    machine = shop.machine({"P": PASS})
    names = {shop.start(machine).split(":")[-1] for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", name) for name in names)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "x" * 81}, "'name' failed .* less than or equal to 80"),
        ({"name": "a b"}, "InvalidName"),
        ({"input": '"' + "x" * 262_144 + '"'}, "'input' failed .* less than or equal to 262144"),
        ({"input": "{"}, "InvalidExecutionInput"),
    ],
)
def test_an_invalid_name_or_input_is_rejected(shop, given, message):
    machine = shop.machine({"P": PASS})
    with pytest.raises(shop.sfn.exceptions.ClientError, match=message):
        shop.sfn.start_execution(stateMachineArn=machine, **given)


@pytest.mark.parametrize("value", ["text", None, {"a": 1}])
def test_any_output_is_json(shop, value):
    assert json.loads(shop.execute({"P": PASS}, value)["output"]) == (value or {})


def test_rules_receive_the_status_of_an_execution(shop):
    shop.rule(STATUS_CHANGE, Arn=shop.queue())
    execution = shop.start(shop.machine({"F": {"Type": "Fail", "Error": "Broken", "Cause": "disk"}}), {"a": 1})
    received = {event["detail"]["status"]: event for event in shop.messages(count=2)}
    assert list(received) == ["RUNNING", "FAILED"]
    assert received["FAILED"]["resources"] == [execution]
    detail = received["FAILED"]["detail"]
    assert (detail["error"], detail["cause"], json.loads(detail["input"])) == ("Broken", "disk", {"a": 1})
    assert detail["stopDate"] >= detail["startDate"]


def test_a_history_can_be_read_backwards_in_pages(shop):
    execution = shop.start(shop.machine({"P": PASS}))
    shop.ended(execution)
    page = shop.sfn.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
    assert [event["type"] for event in page["events"]] == ["ExecutionSucceeded"]
    pages = shop.sfn.get_paginator("get_execution_history").paginate(executionArn=execution, maxResults=2)
    assert [event["id"] for page in pages for event in page["events"]] == [1, 2, 3, 4]


def test_versions_are_listed_newest_first(shop):
    machine = shop.machine({"P": PASS})
    for name in ("Q", "R"):
        definition = json.dumps({"StartAt": name, "States": {name: PASS}})
        shop.sfn.update_state_machine(stateMachineArn=machine, definition=definition, publish=True)
    listed = shop.sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [f"{machine}:2", f"{machine}:1"]
