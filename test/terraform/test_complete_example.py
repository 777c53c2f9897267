"""The complete examples, from the first apply to the last destroy: one test, since its steps depend on each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
import yaml
from botocore import xform_name
from botocore.exceptions import ClientError

from test.emulator.athena_client import AthenaClient
from test.emulator.slack import SlackServer
from test.emulator.web_identity import web_identity_token
from test.terraform.deployment import Deployment, in_parallel, prepare_account
from test.terraform.deployment_roles import ISSUER
from test.terraform.faulty_task import (
    ADDITIONAL_TASKS,
    DECLARED_INPUT,
    FAULTS,
    HINT,
    failed_attempts,
)
from test.terraform.inventory import inventory
from test.terraform.permissions import DEPLOYMENT_REASONS, granted_permissions, read_reasons, unused_permissions
from test.terraform.role_requests import allowed, forbidden_requests, required_requests
from test.terraform.terraform import TerraformError

ORIGINAL = "shop_billing_feature_x"
OWN_ROLE = "deployment-shop_sales_dev"
PROTECTED = "Set prevent_destroy = false and apply; then destroy."
SPARK_TASK = 'module.pipeline.module.emr_task["customers"].'
TABLES_GRANT = 'module.pipeline.module.state_machine_role.aws_lakeformation_permissions.tables["dev_sales"]'
READER_POLICY = 'module.pipeline.module.ecs_task["reader"].module.role.aws_iam_role_policy.this'
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
BILLS = """\
bill_id;country;customer;amount
1;fr;ada;10.5
2;fr;bob;20.0
3;it;ada;5.25
4;fr;eve;
"""


@pytest.fixture
def inbox(aws):
    """Files for the pipeline in the original interface: 4 bills, 1 of which has no amount."""
    s3 = aws.client("s3")
    region = {"LocationConstraint": aws.region}
    s3.create_bucket(Bucket="shop-inbox", CreateBucketConfiguration=region)
    s3.put_object(Bucket="shop-inbox", Key="bills/2026-01.csv", Body=BILLS.encode())


@pytest.fixture
def slack():
    server = SlackServer()
    yield server
    server.stop()


@pytest.fixture
def deployment(aws, slack, tmp_path):
    prepare_account(aws)
    deployment = Deployment(aws, tmp_path)
    secret = aws.client("secretsmanager").create_secret(Name="slack", SecretString=slack.webhook)
    deployment.domain.environment["TF_VAR_slack_secret_arn"] = secret["ARN"]
    try:
        deployment.apply_roles()
        yield deployment
    finally:
        deployment.stop()


@pytest.fixture
def notifications(aws):
    """`notifications()`: messages of the domain's failure topic, from a subscribed queue."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    queue = sqs.create_queue(QueueName="operators")["QueueUrl"]

    def notifications():
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def subscribe():
        sns.subscribe(
            TopicArn=f"arn:aws:sns:{aws.region}:{aws.account}:shop_sales_dev_failures",
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{aws.region}:{aws.account}:operators",
            Attributes={"RawMessageDelivery": "true"},
        )

    notifications.subscribe = subscribe
    return notifications


@pytest.fixture
def execute(aws, deployment):
    """`execute(input, …, machine)`: runs executions, by default of the complete example."""
    states = aws.client("stepfunctions")

    def execute(*inputs, machine=None):
        machine = machine or deployment.pipeline.output()["state_machine_arn"]
        started = [states.start_execution(stateMachineArn=machine, input=json.dumps(given)) for given in inputs]
        for execution in started:
            aws.wait_for(execution["executionArn"], *ENDED, seconds=300)
        return [states.describe_execution(executionArn=execution["executionArn"]) for execution in started]

    return execute


def test_complete_examples_run_and_are_destroyed_without_residue(
    aws, deployment, slack, inbox, notifications, execute, subtests
):
    before = inventory(aws)
    original = deployment.original
    production = deployment.another_stage("prod")
    others = [production, original]
    with deployment.step("init"):
        deployment.init(deployment.domain, deployment.pipeline, *others)
    with deployment.step("apply domains"):
        in_parallel(*(root.apply for root in [deployment.domain, *others]))
    with deployment.step("apply pipeline"):
        deployment.pipeline.apply()

    with subtests.test("only jobs of the project assume its role, which cannot extend its own permissions"):
        with pytest.raises(ClientError, match="AccessDenied"):
            assume_as_job(aws, "project_path:shop/hr:ref_type:branch:ref:main")
        iam = aws.client("iam", assume_as_job(aws, "project_path:shop/sales:ref_type:branch:ref:main"))
        escalations = {
            "AttachRolePolicy": {"RoleName": OWN_ROLE, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "PutRolePolicy": {"RoleName": OWN_ROLE, "PolicyName": "all", "PolicyDocument": "{}"},
            "UpdateAssumeRolePolicy": {"RoleName": OWN_ROLE, "PolicyDocument": "{}"},
            "CreateRole": {"Path": "/datalake/", "RoleName": "shop_sales_dev_x", "AssumeRolePolicyDocument": "{}"},
            "DeleteRolePermissionsBoundary": {"RoleName": "shop_sales_dev_failsafe"},
            "CreatePolicyVersion": {
                "PolicyArn": f"arn:aws:iam::{aws.account}:policy/boundaries/shop",
                "PolicyDocument": "{}",
            },
        }
        for operation, arguments in escalations.items():
            with pytest.raises(ClientError, match="is not authorized to perform: iam:" + operation):
                getattr(iam, xform_name(operation))(**arguments)

    with subtests.test("a second plan is empty, also after a change of README.md"), deployment.step("plan again"):
        deployment.append("README.md", "More documentation.")
        drifts = in_parallel(deployment.domain.drift, deployment.pipeline.drift, original.drift)
        assert drifts == ["", "", ""]

    with subtests.test("the state machine runs tasks on ECS, Lambda and EMR Serverless, each with its own role"):
        with deployment.step("execution"):
            (execution,) = execute({})
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
        orders = (deployment.pipeline.folder / "orders.csv").read_text().splitlines()[1:]
        days, customers = ({line.split(";")[column].split()[0] for line in orders} for column in (2, 1))
        assert rows(aws, "dev_daily_sales.orders") == len(orders)
        assert rows(aws, "dev_sales.sales_by_day") == len(days)
        assert rows(aws, "dev_sales.customers") == len(customers)

    with subtests.test("run_task runs a single task of the pipeline"), deployment.step("run_task"):
        ran = run_task(aws, "daily_sales", "load_orders")
        assert ran.returncode == 0, ran.stderr
        assert "dev_daily_sales.orders" in ran.stdout

    with subtests.test("pipelines in the original interface run"), deployment.step("original executions"):
        machines = original.output()
        (execution,) = execute({"inbox": "s3://shop-inbox/bills/"}, machine=machines["bills_state_machine_arn"])
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
        tables = ("bills", "rejected", "totals", "customers")
        assert [rows(aws, f"feature_x_bills.{table}", ORIGINAL) for table in tables] == [3, 1, 1, 2]
        given = {"allowed_total": 100, "reports": True}
        (execution,) = execute(given, machine=machines["reports_state_machine_arn"])
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
        assert rows(aws, "feature_x_reports.best_customers", ORIGINAL) == 2

    with subtests.test("more memory changes only the definition and request of the task, and the state machine"):
        with deployment.edited_pipeline() as pipeline:
            pipeline["tasks"]["load_orders"]["infra_config"]["memory"] = 2048
        with deployment.step("plan a change"):
            memory = deployment.pipeline.changes()
        assert memory == {
            'module.pipeline.module.ecs_task["load_orders"].aws_ecs_task_definition.this': "replace",
            "module.pipeline.aws_sfn_state_machine.this": "update",
            'module.pipeline.aws_ssm_parameter.task_request["load_orders"]': "update",
        }

    with subtests.test("additional tasks add their own resources; new code of a Spark task replaces only its image"):
        deployment.append("pipeline_factory/examples/complete/tasks/customers/code/main.py", "# New code")
        for name, (code, _) in ADDITIONAL_TASKS.items():
            deployment.add_task_folder(name, code)
        with deployment.edited_pipeline() as pipeline:
            pipeline["tasks"] |= {name: attributes for name, (_, attributes) in ADDITIONAL_TASKS.items()}
            pipeline["tasks"]["load_orders"]["after"] = ["faulty"]
        changes = dict(deployment.pipeline.changes().items() - memory.items())
        spark = {address: changes.pop(address) for address in list(changes) if address.startswith(SPARK_TASK)}
        assert spark == {
            f"{SPARK_TASK}module.image.terraform_data.image": "replace",
            f'{SPARK_TASK}module.stop.terraform_data.before_update["this"]': "replace",
            f"{SPARK_TASK}aws_emrserverless_application.this": "update",
        }
        assert set(changes.values()) == {"create", "update"}
        created = [address for address, action in changes.items() if action == "create"]
        assert all(
            address == TABLES_GRANT or any(f'["{name}"]' in address for name in ADDITIONAL_TASKS) for address in created
        )
        assert aws.client("emr-serverless").list_applications(states=["STARTED"])["applications"]
        with deployment.step("apply more memory, new code and additional tasks"):
            deployment.pipeline.apply_plan()

    notifications.subscribe()
    with subtests.test("a dead letter raises an alarm, which notifies the operators"):
        sqs = aws.client("sqs")
        dead_letters = sqs.get_queue_url(QueueName="shop_sales_dev_daily_sales-dead-letters")["QueueUrl"]
        sqs.send_message(QueueUrl=dead_letters, MessageBody="{}")
        aws.advance_time(0)
        (message,) = notifications()
        assert json.loads(message)["AlarmName"] == "shop_sales_dev_daily_sales-dead-letters"

    with subtests.test("a domain that exceeds its budget notifies the operators"):
        aws.control("exceed_budget", name="shop_sales_dev")
        assert len(notifications()) == len(("spent 80 %", "spent 100 %", "forecast"))

    with subtests.test(
        "a failing task ends the execution with its error after its retries, and operators are notified"
    ):
        with deployment.step("failing executions"):
            executions = execute(*({"fault": fault} for fault in FAULTS))
        received = notifications()
        assert len(received) == len(FAULTS)
        for execution, (error, cause, attempts) in zip(executions, FAULTS.values(), strict=True):
            assert (execution["status"], execution["error"]) == ("FAILED", error)
            assert execution["cause"].startswith(cause)
            assert failed_attempts(aws, execution) == attempts
            (message,) = [each for each in received if execution["name"] in each]
            assert f"Error: {error}" in message
            assert f"Task: {cause}" in message
            assert f"redrive --pipeline-name daily_sales --execution {execution['name']}" in message
            assert (HINT in execution["cause"] and HINT in message) == ("denied" in cause)
        assert rows(aws, "dev_daily_sales.faulty") == 2
        assert rows(aws, "dev_daily_sales.caught") == 1

    with subtests.test("each failure is reported to Slack once"), deployment.step("reports to Slack"):
        slack.wait_for(len(FAULTS))
        for execution, (error, cause, _) in zip(executions, FAULTS.values(), strict=True):
            (message,) = [json.dumps(each) for each in slack.messages if execution["name"] in json.dumps(each)]
            assert error in message
            assert json.dumps(cause.partition(": ")[0])[1:-1] in message
        report_again(aws, executions[0])
        assert len(slack.messages) == len(FAULTS)

    with subtests.test("the freshness of all tables is checked, and broken promises are listed"):
        assert broken_promises(aws) == []

    with subtests.test("notifications that cannot be delivered are kept"), deployment.step("undelivered notification"):
        aws.fail_next("sns:Publish", "AuthorizationError", times=2)
        slack.outage = 503
        execute({"fault": "raises"})
        undelivered = messages(aws, "shop_sales_dev_daily_sales-undelivered")
        assert len(undelivered) == 2
        assert all("no such column" in message for message in undelivered)

    with subtests.test("a failure that is not reported to Slack is kept and raises an alarm"):
        options = {"VisibilityTimeout": 0, "WaitTimeSeconds": 20}
        assert any(messages(aws, "shop_sales_dev_failure_reports_dead_letters", **options) for _ in range(6))
        aws.advance_time(0)
        assert any("shop_sales_dev_failure_reports-dead-letters" in message for message in notifications())

    with subtests.test("a role may do what its task declares, and nothing else"):
        resources = [*deployment.domain.state(), *deployment.pipeline.state()]
        tasks = yaml.safe_load((deployment.pipeline.folder / "pipeline.yaml").read_text())["tasks"]
        assert allowed(aws, forbidden_requests(resources, tasks)) == []
        required = list(required_requests(resources, tasks))
        assert allowed(aws, required) == required

    with subtests.test("every permission of a role is used, or unused_permissions.yaml gives a reason"):
        roots = [deployment.domain, deployment.pipeline, original]
        resources = [resource for root in roots for resource in root.state()]
        unused = unused_permissions(resources, aws.control("access_decisions"))
        reasons = read_reasons()
        assert sorted(unused - reasons.all.keys()) == []
        assert sorted(reasons.never.keys() - unused) == []
        assert sorted(reasons.depends_on_timing.keys() - granted_permissions(resources)) == []

    with subtests.test("removing a task removes its own resources; the line of a hint changes only a policy"):
        with deployment.edited_pipeline() as pipeline:
            del pipeline["tasks"]["faulty"], pipeline["tasks"]["load_orders"]["after"]
            pipeline["tasks"]["reader"] |= DECLARED_INPUT
        changes = deployment.pipeline.changes()
        assert set(changes.values()) == {"delete", "update"}
        assert all('["faulty"]' in address for address, action in changes.items() if action == "delete")
        assert [address for address in changes if '["reader"]' in address] == [READER_POLICY]
        with deployment.step("apply without the task, with a declared input"):
            deployment.pipeline.apply_plan()
        ran = run_task(aws, "daily_sales", "reader", "--parameter", "fault=is denied")
        assert ran.returncode == 0, ran.stderr

    with subtests.test("a protected domain and its pipelines are neither destroyed nor renamed"):
        existing = original.resources(), catalog_tables(aws)
        with deployment.step("rejected destroy"), pytest.raises(TerraformError, match=PROTECTED):
            original.destroy()
        rejected = pytest.raises(TerraformError, match=PROTECTED)
        with deployment.step("rejected new name"), renamed_pipeline(original), rejected:
            original.apply()
        assert (original.resources(), catalog_tables(aws)) == existing
    with deployment.step("apply without protection"):
        original.environment["TF_VAR_prevent_destroy"] = "false"
        original.apply()

    with subtests.test("a bucket that contains objects keeps the catalog"), deployment.step("rejected bucket"):
        existing = catalog_tables(aws)
        aws.client("s3").put_object(Bucket="shop-sales-prod-data", Key="sales/orders/data/rows.parquet")
        with pytest.raises(TerraformError, match="BucketNotEmpty"):
            production.destroy()
        assert catalog_tables(aws) == existing
        delete_versions(aws, "shop-sales-prod-data")

    with subtests.test("destroying other domains leaves this one unchanged; after its own destroy nothing is left"):
        with deployment.step("destroy pipeline and other domains"):
            in_parallel(*(root.destroy for root in [deployment.pipeline, *others]))
        assert deployment.domain.drift() == ""
        with deployment.step("destroy domain"):
            deployment.domain.destroy()
        left = inventory(aws) ^ before
        assert {entry for entry in left if not entry.startswith("ecs taskDefinitionArns ")} == set()

    with subtests.test("the roles that apply the examples use every permission, or a file gives a reason"):
        resources = deployment.roles.state()
        unused = unused_permissions(resources, aws.control("access_decisions"))
        reasons = read_reasons(DEPLOYMENT_REASONS)
        assert sorted(unused - reasons.all.keys()) == []
        assert sorted(reasons.never.keys() - unused) == []
        assert sorted(reasons.depends_on_timing.keys() - granted_permissions(resources)) == []

    requests = aws.control("validated_requests")
    with subtests.test("every request is validated against its service's model, and is valid"):
        assert select(requests, "unmodelled") == {}
        assert select(requests, "refused") == {}
    sys.stdout.write("".join(f"{step}: {seconds:.1f} s\n" for step, seconds in deployment.timeline.items()))
    accepted = select(requests, "accepted")
    sys.stdout.write(
        f"{sum(accepted.values())} valid requests of {len(accepted)} operations of {len(requests)} services\n"
    )


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
