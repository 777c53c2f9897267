"""A deployed task's state becomes a request that runs the task alone."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.errors import AmbiguousTaskError, ComputedValuesError, NoSuchTaskError
from datalake_sdk.platforms.aws import ecs_requests
from datalake_sdk.platforms.aws.state_machines import task_states
from datalake_sdk.platforms.aws.task_requests import ecs_request, emr_request, find_state
from datalake_sdk.platforms.base import TaskCall

MACHINE = "shop_sales_dev_daily"
OF_AN_EXECUTION = [
    {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"},
    {"Name": "step_function_execution_arn", "Value.$": "$$.Execution.Id"},
    {"Name": "step_function_execution_input", "Value.$": "States.JsonToString($$.Execution.Input)"},
]
DRIVER = "spark.emr-serverless.driverEnv"


def call(task: str = "load", **variables: str) -> TaskCall:
    left_out = {entry["Name"]: None for entry in OF_AN_EXECUTION}
    return TaskCall("daily", task, "TASK_NAME", {**left_out, **variables})


def ecs(*environment, definition="tasks", **parameters):
    override = {"Name": "main", "Environment": [*OF_AN_EXECUTION, *environment]}
    fields = {"Cluster": "cluster", "TaskDefinition": definition, "Overrides": {"ContainerOverrides": [override]}}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken",
        "Parameters": {**fields, **parameters},
        "End": True,
    }


def emr(parameters, field="SparkSubmitParameters", resource="emr-serverless:startJobRun.sync", **more):
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": {
            "ApplicationId": "application",
            "ExecutionRoleArn": "arn:aws:iam::1:role/task",
            "JobDriver": {"SparkSubmit": {"EntryPoint": "local:///main.py", field: parameters}},
            **more,
        },
        "End": True,
    }


def named(task):
    return {"Name": "TASK_NAME", "Value": task}


def states(**given):
    return list(task_states({"StartAt": next(iter(given)), "States": given}))


def found(task="load", **given):
    return find_state(states(**given), call(task), MACHINE)


def environment(request):
    (override,) = request["overrides"]["containerOverrides"]
    return {entry["name"]: entry["value"] for entry in override["environment"]}


def spark(request):
    return request["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"]


def test_a_task_is_found_by_its_variable_in_parallel_and_map_states():
    machine = {
        "All": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}},
                {
                    "StartAt": "Each",
                    "States": {"Each": {"Type": "Map", "ItemProcessor": {"States": {"A": ecs(named("load"))}}}},
                },
            ],
        },
        "Older": {"Type": "Map", "Iterator": {"States": {"B": ecs(named("clean"))}}},
    }
    assert found("load", **machine).name == "A"
    assert found("clean", **machine).name == "B"


def test_a_task_is_found_by_its_definition_and_by_its_states_name():
    arn = f"arn:aws:ecs:eu-west-1:1:task-definition/{MACHINE}_load:7"
    assert found("load", Renamed=ecs(definition=arn), other=ecs()).name == "Renamed"
    assert found("other", Renamed=ecs(definition=arn), other=ecs()).name == "other"


def test_a_spark_task_is_found_by_its_drivers_variable():
    assert found(Spark=emr(f"--conf {DRIVER}.TASK_NAME=load")).name == "Spark"
    defaults = {"Classification": "spark-defaults", "Properties": {f"{DRIVER}.TASK_NAME": "load"}}
    configured = emr("", ConfigurationOverrides={"ApplicationConfiguration": [defaults]})
    assert found(Spark=configured).name == "Spark"


def test_an_unknown_task_is_told_the_known_ones():
    with pytest.raises(NoSuchTaskError) as caught:
        found("lod", A=ecs(named("load")), clean=ecs(), Notify={"Type": "Task", "Resource": "arn:aws:states:::sns"})
    assert caught.value.message == f"state machine '{MACHINE}' has no task 'lod'"
    assert caught.value.hint == "Its tasks are 'clean', 'load'."


def test_a_task_of_two_different_states_is_ambiguous_unless_one_has_its_name():
    twice = {"A": ecs(named("load")), "B": ecs(named("load"), Cluster="other")}
    with pytest.raises(AmbiguousTaskError, match="task 'load' is run by 'A', 'B'"):
        found(**twice)
    assert found(**twice, load=ecs(named("load"))).name == "load"
    assert found(A=ecs(named("load")), B=ecs(named("load"))).name == "A"


def test_a_task_runs_on_ecs_without_the_executions_part_and_with_the_given_variables():
    state = found(Load=ecs(named("load"), {"Name": "SIZE", "Value": "1"}, LaunchType="FARGATE", StartedBy="pipeline"))
    request = ecs_request(state, "main", call(SIZE="2", COLOUR="red"))
    assert environment(request) == {"TASK_NAME": "load", "SIZE": "2", "COLOUR": "red"}
    del request["overrides"]
    assert request == {"cluster": "cluster", "taskDefinition": "tasks", "launchType": "FARGATE"}


def test_jsonata_is_read_as_paths_are():
    token = {"Name": "step_function_task_token", "Value": "{% $states.context.Task.Token %}"}
    override = {"Name": "main", "Environment": [token, named("load")]}
    state = ecs()
    del state["Parameters"]
    state["Arguments"] = {"TaskDefinition": "tasks", "Overrides": {"ContainerOverrides": [override]}}
    assert environment(ecs_request(found(Load=state), "main", call())) == {"TASK_NAME": "load"}


def test_a_container_without_overrides_gets_the_variables_too():
    state = ecs(definition=f"{MACHINE}_load")
    del state["Parameters"]["Overrides"]
    request = ecs_request(found(Any=state), "main", call(SIZE="2"))
    assert request["overrides"] == {
        "containerOverrides": [{"name": "main", "environment": [{"name": "SIZE", "value": "2"}]}]
    }


def test_the_container_is_the_overridden_one_else_the_definitions_first():
    definition = {"containerDefinitions": [{"name": "first"}, {"name": "second"}]}
    assert ecs_requests.container_name(found(load=ecs()).request, definition) == "main"
    assert ecs_requests.container_name({}, definition) == "first"


def test_a_computed_parameter_has_to_be_given():
    state = found(Load=ecs(named("load"), {"Name": "TASK_ADDITIONAL_PARAMETERS_day", "Value.$": "$.day"}))
    with pytest.raises(ComputedValuesError, match="computes 'TASK_ADDITIONAL_PARAMETERS_day'") as caught:
        ecs_request(state, "main", call())
    assert "--parameter NAME=VALUE" in caught.value.hint
    request = ecs_request(state, "main", call(TASK_ADDITIONAL_PARAMETERS_day="monday"))
    assert environment(request)["TASK_ADDITIONAL_PARAMETERS_day"] == "monday"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"Cluster.$": "$.cluster"}, "cluster"),
        ({"Overrides.$": "$.overrides"}, "overrides"),
        ({"Overrides": {"ContainerOverrides.$": "$.all"}}, "overrides.containerOverrides"),
        ({"NetworkConfiguration": {"AwsvpcConfiguration": "{% $network %}"}}, "networkConfiguration.awsvpcConfig"),
    ],
)
def test_a_computed_field_cannot_be_given(parameters, field):
    with pytest.raises(ComputedValuesError, match=f"computes '{field}") as caught:
        ecs_request(found("Load", Load=ecs(**parameters)), "main", call("Load"))
    assert caught.value.hint == "Start the pipeline instead."


def test_computed_names_and_tags_are_left_out():
    state = found(load=emr("", **{"Name.$": "$$.Execution.Name"}, Tags={"Team": "sales"}))
    request = emr_request(state, call())
    assert "name" not in request
    assert request["tags"] == {"Team": "sales"}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("SparkSubmitParameters", f"--class a --conf {DRIVER}.TASK_NAME=load --conf {DRIVER}.SIZE='1 2' --conf k=v"),
        (
            "SparkSubmitParameters.$",
            f"States.Format('--class a --conf {DRIVER}.TASK_NAME=load --conf {DRIVER}.SIZE=\\'1 2\\' "
            f"--conf {DRIVER}.step_function_task_token={{}} --conf k={{}}', $$.Task.Token, 'v')",
        ),
        (
            "SparkSubmitParameters",
            f"{{% '--class a --conf {DRIVER}.TASK_NAME=load --conf {DRIVER}.SIZE=\"1 2\" --conf k=v ' & "
            f"'--conf {DRIVER}.step_function_execution_input=' & $string($states.context.Execution.Input) %}}",
        ),
    ],
)
def test_a_spark_task_keeps_its_parameters_without_the_executions_part(field, given):
    request = emr_request(found(Load=emr(given, field)), call(COLOUR="dark red"))
    assert spark(request) == (
        f"--class a --conf k=v --conf {DRIVER}.TASK_NAME=load --conf '{DRIVER}.SIZE=1 2' "
        f"--conf '{DRIVER}.COLOUR=dark red'"
    )
    assert request["jobDriver"]["sparkSubmit"]["entryPoint"] == "local:///main.py"


def test_executors_get_new_values_of_the_variables_that_they_have():
    given = f"--conf {DRIVER}.SIZE=1 --conf spark.executorEnv.SIZE=1 --conf spark.executorEnv.OTHER=x"
    request = emr_request(found(load=emr(given)), call(SIZE="2", COLOUR="red"))
    assert spark(request) == (
        f"--conf spark.executorEnv.OTHER=x --conf {DRIVER}.SIZE=2 --conf {DRIVER}.COLOUR=red "
        "--conf spark.executorEnv.SIZE=2"
    )


def test_variables_in_sparks_defaults_are_replaced_too():
    properties = {f"{DRIVER}.step_function_task_token.$": "$$.Task.Token", f"{DRIVER}.SIZE": "1", "spark.a.B": "c"}
    defaults = {"Classification": "spark-defaults", "Properties": properties}
    logs = {"CloudWatchLoggingConfiguration": {"Enabled": True, "LogTypes": {"SPARK_DRIVER": ["STDOUT"]}}}
    overrides = {"ApplicationConfiguration": [defaults], "MonitoringConfiguration": logs}
    resource = "aws-sdk:emrserverless:startJobRun.waitForTaskToken"
    state = found(load=emr(f"--conf {DRIVER}.SIZE=2", resource=resource, ConfigurationOverrides=overrides))
    request = emr_request(state, call())
    assert spark(request) == f"--conf {DRIVER}.SIZE=2"
    assert request["configurationOverrides"] == {
        "applicationConfiguration": [{"classification": "spark-defaults", "properties": {"spark.a.B": "c"}}],
        "monitoringConfiguration": {
            "cloudWatchLoggingConfiguration": {"enabled": True, "logTypes": {"SPARK_DRIVER": ["STDOUT"]}}
        },
    }


def test_a_computed_setting_of_spark_cannot_be_given():
    given = "States.Format('--conf spark.executor.memory={}', $.memory)"
    with pytest.raises(ComputedValuesError, match="jobDriver.sparkSubmit.sparkSubmitParameters"):
        emr_request(found(load=emr(given, "SparkSubmitParameters.$")), call())
    with pytest.raises(ComputedValuesError, match="jobDriver.sparkSubmit.sparkSubmitParameters"):
        emr_request(found(load=emr("$.parameters", "SparkSubmitParameters.$")), call())


def test_json_braces_in_a_format_are_texts():
    given = f"States.Format('--conf {DRIVER}.OUTPUT_TABLES=\\'\\{{\"a.b\": \\{{\\}}\\}}\\' --conf x={{}}', 'y')"
    request = emr_request(found(load=emr(given, "SparkSubmitParameters.$")), call())
    assert json.loads(spark(request).split("OUTPUT_TABLES=")[1].rstrip("'")) == {"a.b": {}}
    assert spark(request).startswith("--conf x=y ")
