"""A job run needs permissions for its image and for the key of its logs, and capacity for its driver."""

from __future__ import annotations

import pytest

from test.aws.emulator.execution import ROLE, policy

ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/spark:1"
KEY_USE = ["kms:GenerateDataKey", "kms:Decrypt"]
PULL = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
SERVICE = {"Effect": "Allow", "Principal": {"Service": "emr-serverless.amazonaws.com"}}


@pytest.fixture
def run(shop):
    """`run(…)` runs a job as `caller`, with IAM enforced, and returns its job run."""
    s3, iam = shop.client("s3"), shop.client("iam")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="code", Key="main.py", Body=b"")
    shop.role("caller")
    iam.update_assume_role_policy(RoleName="caller", PolicyDocument=policy(TRUST))
    shop.allow("caller", "emr-serverless:*", "iam:PassRole")
    shop.allow("job", "s3:*", "logs:*")
    credentials = shop.aws.assume_role(f"{ROLE}caller")
    root = shop.client("emr-serverless")

    def run(application=None, parameters="", **monitoring):
        created = root.create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK", **(application or {}))
        submit = {"entryPoint": "s3://code/main.py", "sparkSubmitParameters": parameters or "--conf a=b"}
        shop.aws.enforce_iam()
        try:
            started = shop.aws.client("emr-serverless", credentials).start_job_run(
                applicationId=created["applicationId"],
                executionRoleArn=f"{ROLE}job",
                jobDriver={"sparkSubmit": submit},
                configurationOverrides={"monitoringConfiguration": monitoring},
            )
            shop.aws.wait_for(started["arn"], "SUCCESS", "FAILED")
        finally:
            shop.aws.stop_enforcing_iam()
        return root.get_job_run(applicationId=created["applicationId"], jobRunId=started["jobRunId"])["jobRun"]

    return run


@pytest.fixture
def key(shop):
    """The ARN of a key whose use identity-based policies decide about."""
    return shop.client("kms").create_key()["KeyMetadata"]["Arn"]


def test_the_policy_of_the_repository_must_allow_the_pull(shop, run):
    ecr = shop.client("ecr")
    ecr.create_repository(repositoryName="spark")
    shop.aws.add_image(IMAGE, shop.folder)
    application = {"imageConfiguration": {"imageUri": IMAGE}}
    failed = run(application)
    assert failed["state"] == "FAILED"
    assert "emr-serverless.amazonaws.com is not authorized to perform: ecr:BatchGetImage" in failed["stateDetails"]
    applications = f"arn:aws:emr-serverless:eu-west-1:{ACCOUNT}:/applications/*"
    condition = {"ArnLike": {"aws:SourceArn": applications}}
    ecr.set_repository_policy(
        repositoryName="spark", policyText=policy({**SERVICE, "Action": PULL, "Condition": condition})
    )
    assert run(application)["state"] == "SUCCESS"


@pytest.mark.parametrize("missing", KEY_USE)
def test_the_caller_needs_permissions_for_the_key_of_the_logs(shop, run, key, missing):
    logs = {"enabled": True, "encryptionKeyArn": key, "logGroupName": "tasks"}
    shop.allow("caller", "emr-serverless:*", "iam:PassRole", *set(KEY_USE) - {missing})
    with pytest.raises(shop.client("emr-serverless").exceptions.ClientError, match=f"to perform: {missing} on"):
        run(cloudWatchLoggingConfiguration=logs)
    shop.allow("caller", "emr-serverless:*", "iam:PassRole", *KEY_USE)
    assert run(cloudWatchLoggingConfiguration=logs)["state"] == "SUCCESS"


def test_the_role_of_the_job_needs_permissions_for_the_key_of_the_logs(shop, run, key):
    shop.allow("caller", "emr-serverless:*", "iam:PassRole", *KEY_USE)
    shop.allow("job", "s3:*", "logs:CreateLogStream", "logs:PutLogEvents")
    logs = {"enabled": True, "encryptionKeyArn": key, "logGroupName": "tasks"}
    assert "to perform: logs:AssociateKmsKey on" in run(cloudWatchLoggingConfiguration=logs)["stateDetails"]
    managed = {"encryptionKeyArn": key}
    assert (
        "to perform: kms:GenerateDataKey on" in run(managedPersistenceMonitoringConfiguration=managed)["stateDetails"]
    )
    shop.allow("job", "s3:*", *KEY_USE)
    assert run(managedPersistenceMonitoringConfiguration=managed)["state"] == "SUCCESS"


@pytest.mark.parametrize(
    ("parameters", "state"),
    [
        ("--conf spark.driver.cores=2 --conf spark.driver.memory=6g", "SUCCESS"),
        ("--conf spark.driver.cores=8 --conf spark.driver.memory=6g", "FAILED"),
        ("--conf spark.driver.cores=2 --conf spark.driver.memory=20g", "FAILED"),
    ],
)
def test_the_driver_must_fit_into_the_maximum_capacity(run, parameters, state):
    job = run({"maximumCapacity": {"cpu": "4 vCPU", "memory": "16 GB"}}, parameters)
    assert job["state"] == state
    assert ("exceeded maximumCapacity settings" in job["stateDetails"]) == (state == "FAILED")
