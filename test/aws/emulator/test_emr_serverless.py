"""An EMR Serverless job run is a process with the driver's environment and the job role."""

from __future__ import annotations

import gzip
import json

import pytest

from test.aws.emulator.execution import ROLE

JOB_CHANGE = {"source": ["aws.emr-serverless"], "detail-type": ["EMR Serverless Job Run State Change"]}
SLEEP = "import time; print('started', flush=True); time.sleep(600)"


@pytest.fixture
def emr(shop):
    return Jobs(shop)


class Jobs:
    """An application and its job runs; their programs are in a bucket."""

    def __init__(self, shop):
        self.shop = shop
        self.client = shop.client("emr-serverless")
        self.s3 = shop.client("s3")
        self.s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        created = self.client.create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK")
        self.application = created["applicationId"]

    def start(self, program, arguments=(), parameters="--conf spark.driver.cores=1", **more):
        self.s3.put_object(Bucket="code", Key="main.py", Body=program.encode())
        started = self.client.start_job_run(
            applicationId=self.application,
            executionRoleArn=f"{ROLE}job",
            jobDriver={
                "sparkSubmit": {
                    "entryPoint": "s3://code/main.py",
                    "entryPointArguments": list(arguments),
                    "sparkSubmitParameters": parameters,
                }
            },
            **more,
        )
        self.arn = started["arn"]
        return started["jobRunId"]

    def wait(self, *states):
        return self.shop.aws.wait_for(self.arn, *states)

    def ended(self, job):
        self.wait("SUCCESS", "FAILED", "CANCELLED")
        return self.client.get_job_run(applicationId=self.application, jobRunId=job)["jobRun"]

    def runs(self):
        return self.client.list_job_runs(applicationId=self.application)["jobRuns"]

    def state(self, pattern, program, arguments=(), service="emr-serverless", **more):
        self.s3.put_object(Bucket="code", Key="main.py", Body=program.encode())
        submit = {"EntryPoint": "s3://code/main.py", "EntryPointArguments": list(arguments), **more}
        name = "EntryPointArguments"
        if any("$" in argument for argument in arguments):
            submit[f"{name}.$"] = f"States.Array({', '.join(submit.pop(name))})"
        return {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{service}:startJobRun{pattern}",
            "Parameters": {
                "ApplicationId": self.application,
                "ExecutionRoleArn": f"{ROLE}job",
                "JobDriver": {"SparkSubmit": submit},
                **({"ClientToken": "token"} if service.startswith("aws-sdk") else {}),
            },
            "End": True,
        }


def logged(**more):
    return {"monitoringConfiguration": {"cloudWatchLoggingConfiguration": {"enabled": True, **more}}}


def test_a_job_has_arguments_the_drivers_environment_and_its_role(emr):
    program = "import boto3, os, sys; print(sys.argv[1:], os.environ['A'], os.environ.get('B'))\n"
    program += "print(boto3.client('sts').get_caller_identity()['Arn'])"
    parameters = (
        "--conf spark.emr-serverless.driverEnv.A='a b' --conf spark.executorEnv.B=2 --conf spark.driver.cores=1"
    )
    job = emr.start(program, ["x", "y"], parameters, configurationOverrides=logged())
    assert emr.ended(job)["state"] == "SUCCESS"
    stream = f"applications/{emr.application}/jobs/{job}/SPARK_DRIVER/stdout"
    assert emr.shop.log_lines("/aws/emr-serverless", stream) == [
        "['x', 'y'] a b None",
        f"arn:aws:sts::123456789012:assumed-role/job/{job}",
    ]


def test_an_application_without_job_runs_lists_none(emr):
    assert emr.runs() == []
    with pytest.raises(emr.client.exceptions.ResourceNotFoundException):
        emr.client.list_job_runs(applicationId="00f1example")


def test_spark_defaults_can_set_the_drivers_environment(emr):
    name = "spark.emr-serverless.driverEnv"
    defaults = {"classification": "spark-defaults", "properties": {f"{name}.A": "default", f"{name}.B": "default"}}
    program = "import os; raise SystemExit(os.environ['A'] + ' ' + os.environ['B'])"
    job = emr.start(
        program, (), f"--conf {name}.A=given", configurationOverrides={"applicationConfiguration": [defaults]}
    )
    assert emr.ended(job)["stateDetails"].endswith("given default")


def test_a_failed_job_reports_the_reason(emr):
    run = emr.ended(emr.start("raise ValueError('no rows')"))
    assert run["state"] == "FAILED"
    assert "ExitCode: 1" in run["stateDetails"]
    assert "ValueError: no rows" in run["stateDetails"]


def test_a_job_with_a_missing_entry_point_fails(emr):
    job = emr.client.start_job_run(
        applicationId=emr.application,
        executionRoleArn=f"{ROLE}job",
        jobDriver={"sparkSubmit": {"entryPoint": "s3://code/missing.py"}},
    )
    emr.arn = job["arn"]
    assert "missing.py" in emr.ended(job["jobRunId"])["stateDetails"]


def test_a_job_reports_every_state(emr):
    emr.shop.rule(JOB_CHANGE, Arn=emr.shop.queue())
    job = emr.start("", name="nightly")
    heard = [event["detail"] for event in emr.shop.messages(count=5)]
    assert [detail["state"] for detail in heard] == ["SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "SUCCESS"]
    assert {(detail["jobRunId"], detail["jobRunName"], detail["arn"]) for detail in heard} == {
        (job, "nightly", emr.arn)
    }


def test_a_cancelled_job_is_stopped(emr):
    job = emr.start(SLEEP)
    emr.wait("RUNNING")
    emr.client.cancel_job_run(applicationId=emr.application, jobRunId=job)
    assert emr.ended(job)["state"] == "CANCELLED"


def test_logs_go_to_the_configured_destinations(emr):
    to_group = logged(logGroupName="jobs", logStreamNamePrefix="nightly", logTypes={"SPARK_DRIVER": ["STDERR"]})
    to_bucket = {"s3MonitoringConfiguration": {"logUri": "s3://code/logs/"}}
    monitoring = {**to_group["monitoringConfiguration"], **to_bucket}
    program = "import sys; print('out'); print('err', file=sys.stderr)"
    job = emr.start(program, configurationOverrides={"monitoringConfiguration": monitoring})
    emr.ended(job)
    folder = f"applications/{emr.application}/jobs/{job}/SPARK_DRIVER"
    assert emr.shop.log_lines("jobs", f"nightly/{folder}/stderr") == ["err"]
    streams = emr.shop.logs.describe_log_streams(logGroupName="jobs")["logStreams"]
    assert len(streams) == 1
    for name, text in {"stdout": b"out\n", "stderr": b"err\n"}.items():
        stored = emr.s3.get_object(Bucket="code", Key=f"logs/{folder}/{name}.gz")["Body"].read()
        assert gzip.decompress(stored) == text


def test_a_state_machine_waits_for_a_job(emr):
    output = emr.shop.output({"Run": emr.state(".sync", "")})
    assert output["State"] == "SUCCESS"
    assert output["ApplicationId"] == emr.application


def test_a_failed_job_fails_its_state_with_the_job_as_cause(emr):
    execution = emr.shop.execute({"Run": emr.state(".sync", "raise SystemExit(3)")})
    assert execution["error"] == "States.TaskFailed"
    assert "ExitCode: 3" in json.loads(execution["cause"])["StateDetails"]


def test_a_state_machine_waits_for_the_token_of_a_job(emr):
    program = "import boto3, sys\n"
    program += "boto3.client('stepfunctions').send_task_success(taskToken=sys.argv[1], output='[1]')"
    state = emr.state(".waitForTaskToken", program, ["$$.Task.Token"], service="aws-sdk:emrserverless")
    assert emr.shop.output({"Run": state}) == [1]


def test_stop_execution_cancels_the_job(emr):
    execution = emr.shop.start(emr.shop.machine({"Run": emr.state(".sync", SLEEP)}))
    while not (jobs := emr.runs()):
        pass
    emr.arn = jobs[0]["arn"]
    emr.wait("RUNNING")
    emr.shop.sfn.stop_execution(executionArn=execution)
    assert emr.ended(jobs[0]["id"])["state"] == "CANCELLED"


def test_an_application_with_a_running_job_cannot_be_stopped(emr):
    job = emr.start(SLEEP)
    emr.wait("RUNNING")
    with pytest.raises(emr.client.exceptions.ValidationException, match="must be completed or cancelled"):
        emr.client.stop_application(applicationId=emr.application)
    emr.client.cancel_job_run(applicationId=emr.application, jobRunId=job)
    emr.wait("CANCELLED")
    emr.client.stop_application(applicationId=emr.application)
