"""A task is a process with the container's environment and role, and ends as on AWS."""

from __future__ import annotations

import subprocess

import pytest

from test.aws.emulator.execution import policy
from test.emulator import Emulator

SLEEP = "import time; print('started', flush=True); time.sleep(600)"
IGNORES_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
LEAVES_ON_SIGTERM = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); {SLEEP}"
TRUST_LAMBDA = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
TASK_CHANGE = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}


def first_line(shop, arn):
    """Waits until the task has printed something."""
    while not (lines := shop.printed(arn)):
        shop.aws.wait_for(arn, "RUNNING")
    return lines[0]


def alive(process):
    state = subprocess.run(["ps", "-o", "state=", "-p", str(process)], capture_output=True, text=True).stdout.strip()
    # A zombie process has ended but has not been reaped, as in a container without an init process.
    return state not in ("", "Z")


def test_a_task_has_the_environment_of_its_definition_and_of_its_overrides(shop):
    program = "import os; print(os.environ['A'], os.environ['B'], os.environ['AWS_REGION'], os.getcwd())"
    shop.define_task(program, environment=[{"name": "A", "value": "defined"}, {"name": "B", "value": "defined"}])
    arn = shop.run_task(environment=[{"name": "B", "value": "given"}])
    assert shop.stopped(arn)["containers"][0]["exitCode"] == 0
    assert shop.printed(arn) == [f"defined given eu-west-1 {shop.folder}"]


def test_a_task_has_the_environment_of_its_image_and_not_of_the_machine(shop, monkeypatch):
    shop.aws.add_image("image", shop.folder, environment={"A": "image", "B": "image"})
    program = "import os; print(os.environ['A'], os.environ['B'], 'MOTO_PORT' in os.environ)"
    shop.define_task(program, environment=[{"name": "B", "value": "defined"}])
    arn = shop.run_task()
    shop.stopped(arn)
    assert shop.printed(arn) == ["image defined False"]


@pytest.mark.parametrize("name", ["team/app", "team/app:1", "registry.example/team/app", "registry.example/team/app:1"])
def test_the_registry_and_tag_of_an_image_are_optional(shop, name):
    shop.aws.add_image(name, shop.folder)
    shop.define_task("", image="registry.example/team/app:1")
    assert shop.stopped(shop.run_task())["containers"][0]["exitCode"] == 0


def test_an_image_has_a_default_command(shop):
    shop.aws.add_image("image", shop.folder, entry_point=["python", "-c"], command=["print('of the image')"])
    shop.define_task("", command=[])
    arn = shop.run_task()
    shop.stopped(arn)
    assert shop.printed(arn) == ["of the image"]


def test_an_image_with_a_launcher_runs_in_a_container_if_requested(shop):
    launcher = ["python", "-c", "import os, sys; print(sys.argv[1:], os.environ['B'], os.environ.get('A'))"]
    shop.aws.add_image("image", shop.folder, environment={"A": "image"}, launcher=launcher)
    shop.define_task("print('process')", environment=[{"name": "B", "value": "defined"}])
    process = shop.run_task()
    shop.stopped(process)
    shop.aws.control("use_containers", enabled=True)
    container = shop.run_task()
    shop.stopped(container)
    assert shop.printed(process) == ["process"]
    assert shop.printed(container) == ["""['python', '-c', "print('process')"] defined None"""]


def test_the_command_can_be_overridden(shop):
    shop.define_task("print('defined')", entryPoint=["python"], command=["-c", "print('defined')"])
    arn = shop.run_task(command=["-c", "print('given')"])
    shop.stopped(arn)
    assert shop.printed(arn) == ["given"]


def test_modules_of_the_folder_and_of_the_path_can_be_run(shop, tmp_path_factory):
    library = tmp_path_factory.mktemp("library")
    (library / "greeting.py").write_text("WORD = 'hello'")
    (shop.folder / "tool.py").write_text("import sys, greeting\nprint(greeting.WORD, sys.argv[1:])\nsys.exit(3)")
    path = [{"name": "PYTHONPATH", "value": str(library)}]
    shop.define_task("", command=["python", "-m", "tool", "a", "b"], environment=path)
    arn = shop.run_task()
    assert shop.stopped(arn)["containers"][0]["exitCode"] == 3
    assert shop.printed(arn) == ["hello ['a', 'b']"]


def test_a_task_calls_aws_with_its_role(shop):
    shop.define_task("import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
    arn = shop.run_task()
    shop.stopped(arn)
    session = arn.split("/")[-1].replace("-", "")
    assert shop.printed(arn) == [f"arn:aws:sts::123456789012:assumed-role/task/{session}"]


def test_a_task_without_a_role_has_no_credentials(shop):
    program = (
        "import boto3\ntry: boto3.client('sts').get_caller_identity()\nexcept Exception as e: print(type(e).__name__)"
    )
    shop.define_task(program, role=None)
    arn = shop.run_task()
    shop.stopped(arn)
    assert shop.printed(arn) == ["NoCredentialsError"]


def test_a_task_whose_role_does_not_trust_ecs_fails_to_start(shop):
    shop.client("iam").update_assume_role_policy(RoleName="task", PolicyDocument=policy(TRUST_LAMBDA))
    shop.define_task("pass")
    stopped = shop.stopped(shop.run_task())
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/task'" in stopped["stoppedReason"]


def test_iam_evaluates_the_task_role(shop):
    shop.allow("task", "s3:ListAllMyBuckets")
    calls = "import boto3\nprint(boto3.client('s3').list_buckets()['Buckets'])\nboto3.client('glue').get_databases()"
    shop.define_task(calls)
    shop.aws.enforce_iam()
    try:
        arn = shop.run_task()
        assert shop.stopped(arn)["containers"][0]["exitCode"] == 1
    finally:
        shop.aws.stop_enforcing_iam()
    assert "[]" in shop.printed(arn)
    assert any("AccessDenied" in line and "glue:GetDatabases" in line for line in shop.printed(arn))


@pytest.mark.parametrize("code", [0, 3])
def test_a_task_stops_when_its_process_exits(shop, code):
    shop.define_task(f"raise SystemExit({code})")
    task = shop.stopped(shop.run_task())
    assert task["lastStatus"] == task["desiredStatus"] == task["containers"][0]["lastStatus"] == "STOPPED"
    assert task["containers"][0]["exitCode"] == code
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )


def test_describing_a_task_does_not_stop_it(shop):
    shop.define_task(SLEEP)
    arn = shop.run_task()
    shop.aws.wait_for(arn, "RUNNING")
    for _ in range(10):
        task = shop.task(arn)
    assert task["lastStatus"] == "RUNNING"
    assert "exitCode" not in task["containers"][0]


@pytest.mark.parametrize(("program", "code"), [(LEAVES_ON_SIGTERM, 143), (SLEEP, 143), (IGNORES_SIGTERM, 137)])
def test_stop_task_sends_sigterm_and_sigkill_after_the_stop_timeout(shop, program, code):
    shop.define_task(program, stopTimeout=1 if program == IGNORES_SIGTERM else 60)
    arn = shop.run_task()
    assert first_line(shop, arn) == "started"
    shop.ecs.stop_task(cluster="cluster", task=arn, reason="enough")
    task = shop.stopped(arn)
    assert task["containers"][0]["exitCode"] == code
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")


def test_stopping_an_unknown_task_is_rejected(shop):
    with pytest.raises(shop.ecs.exceptions.InvalidParameterException, match="task was not found"):
        shop.ecs.stop_task(cluster="cluster", task="unknown")


def test_child_processes_end_with_their_task(shop):
    shop.define_task("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)")
    arn = shop.run_task()
    shop.stopped(arn)
    assert not alive(int(shop.printed(arn)[0]))


def test_a_task_with_an_unknown_image_does_not_start(shop):
    shop.define_task("", image="nowhere:1")
    task = shop.stopped(shop.run_task())
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in task["containers"][0]


def test_a_task_whose_command_does_not_exist_does_not_start(shop):
    shop.define_task("", command=["no-such-program"])
    assert shop.stopped(shop.run_task())["stoppedReason"].startswith("CannotStartContainerError")


def test_a_task_whose_log_group_is_missing_does_not_start(shop):
    shop.logs.delete_log_group(logGroupName="tasks")
    shop.define_task("")
    assert "log group does not exist" in shop.stopped(shop.run_task())["stoppedReason"]


def test_the_memory_of_a_container_is_optional(shop):
    shop.define_task("")
    definition = shop.ecs.describe_task_definition(taskDefinition="task")["taskDefinition"]
    assert "memory" not in definition["containerDefinitions"][0]
    assert shop.stopped(shop.run_task())["containers"][0]["exitCode"] == 0


def test_rules_receive_every_status_with_the_overrides(shop):
    shop.rule(TASK_CHANGE, Arn=shop.queue())
    shop.define_task("raise SystemExit(5)")
    token = [{"name": "step_function_task_token", "value": "t"}]
    arn = shop.run_task(environment=token)
    heard = {event["detail"]["lastStatus"]: event for event in shop.messages(count=4)}
    assert list(heard) == ["PROVISIONING", "PENDING", "RUNNING", "STOPPED"]
    assert heard["STOPPED"]["resources"] == [arn]
    detail = heard["STOPPED"]["detail"]
    assert detail["containers"][0]["exitCode"] == 5
    assert detail["stopCode"] == "EssentialContainerExited"
    assert detail["overrides"]["containerOverrides"] == [{"name": "main", "environment": token}]


def test_a_reset_kills_the_tasks(shop):
    shop.define_task(f"import os; print(os.getpid(), flush=True); {SLEEP}")
    process = int(first_line(shop, shop.run_task()))
    assert alive(process)
    shop.aws.reset()
    assert not alive(process)


def test_tasks_are_killed_when_the_emulator_exits(tmp_path):
    from test.aws.emulator.execution import Workshop

    with Emulator() as emulator:
        shop = Workshop(emulator, tmp_path)
        shop.define_task(f"import os; print(os.getpid(), flush=True); {SLEEP}")
        process = int(first_line(shop, shop.run_task()))
    assert not alive(process)
