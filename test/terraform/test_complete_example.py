"""The complete examples, from the first apply to the last destroy: one test, since its steps depend on each other."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from botocore import xform_name
from botocore.exceptions import ClientError

from test.emulator.slack import SlackServer
from test.terraform.complete_example import (
    OWN_ROLE,
    Example,
    assume_as_job,
    broken_promises,
    catalog_tables,
    delete_versions,
    messages,
    renamed_pipeline,
    report_again,
    rows,
    run_task,
    select,
)
from test.terraform.deployment import Deployment, in_parallel, prepare_account
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
PROTECTED = "Set prevent_destroy = false and apply; then destroy."
SPARK_TASK = 'module.pipeline.module.emr_task["customers"].'
TABLES_GRANT = 'module.pipeline.module.state_machine_role.aws_lakeformation_permissions.tables["dev_sales"]'
READER_POLICY = 'module.pipeline.module.ecs_task["reader"].module.role.aws_iam_role_policy.this'
MEMORY_CHANGES = {
    'module.pipeline.module.ecs_task["load_orders"].aws_ecs_task_definition.this': "replace",
    "module.pipeline.aws_sfn_state_machine.this": "update",
    'module.pipeline.aws_ssm_parameter.task_request["load_orders"]': "update",
}
BILLS = """\
bill_id;country;customer;amount
1;fr;ada;10.5
2;fr;bob;20.0
3;it;ada;5.25
4;fr;eve;
"""
NO_REFRESH = "-refresh=false"
"""Option for root modules whose resources an earlier plan has compared with those in the account."""


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
def example(aws, deployment, slack, notifications, subtests):
    return Example(aws, deployment, deployment.another_stage("prod"), slack, notifications, subtests)


def test_complete_examples_run_and_are_destroyed_without_residue(example, inbox):
    before = inventory(example.aws)
    apply(example)
    check_role_of_jobs(example)
    check_executions(example)
    check_changes(example)
    check_alarms(example)
    check_failures(example)
    check_undelivered_failures(example)
    check_permissions(example)
    check_removal_of_a_task(example)
    check_protection(example)
    check_destroy(example, before)
    check_permissions_of_deployment_roles(example)
    check_requests(example)


def apply(example):
    deployment = example.deployment
    with deployment.step("init"):
        deployment.init(deployment.domain, deployment.pipeline, *example.other_domains)
    with deployment.step("apply domains"):
        in_parallel(*(root.apply for root in [deployment.domain, *example.other_domains]))
    with deployment.step("apply pipeline"):
        deployment.pipeline.apply()


def check_role_of_jobs(example):
    aws = example.aws
    with example.subtests.test("only jobs of the project assume its role, which cannot extend its own permissions"):
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


def check_executions(example):
    aws, deployment, subtests = example.aws, example.deployment, example.subtests
    with subtests.test("a second plan is empty, also after a change of README.md"), deployment.step("plan again"):
        deployment.append("README.md", "More documentation.")
        roots = (deployment.domain, deployment.pipeline, deployment.original)
        assert in_parallel(*(root.drift for root in roots)) == ["", "", ""]

    with subtests.test("the state machine runs tasks on ECS, Lambda and EMR Serverless, each with its own role"):
        with deployment.step("execution"):
            example.succeed({})
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
        machines = deployment.original.output()
        example.succeed({"inbox": "s3://shop-inbox/bills/"}, machine=machines["bills_state_machine_arn"])
        tables = ("bills", "rejected", "totals", "customers")
        assert [rows(aws, f"feature_x_bills.{table}", ORIGINAL) for table in tables] == [3, 1, 1, 2]
        example.succeed({"allowed_total": 100, "reports": True}, machine=machines["reports_state_machine_arn"])
        assert rows(aws, "feature_x_reports.best_customers", ORIGINAL) == 2


def check_changes(example):
    deployment, subtests = example.deployment, example.subtests
    with subtests.test("more memory changes only the definition and request of the task, and the state machine"):
        with deployment.edited_pipeline() as pipeline:
            pipeline["tasks"]["load_orders"]["infra_config"]["memory"] = 2048
        with deployment.step("plan a change"):
            assert deployment.pipeline.changes() == MEMORY_CHANGES

    with subtests.test("additional tasks add their own resources; new code of a Spark task replaces only its image"):
        deployment.append("pipeline_factory/examples/complete/tasks/customers/code/main.py", "# New code")
        for name, (code, _) in ADDITIONAL_TASKS.items():
            deployment.add_task_folder(name, code)
        with deployment.edited_pipeline() as pipeline:
            pipeline["tasks"] |= {name: attributes for name, (_, attributes) in ADDITIONAL_TASKS.items()}
            pipeline["tasks"]["load_orders"]["after"] = ["faulty"]
        changes = dict(deployment.pipeline.changes(NO_REFRESH).items() - MEMORY_CHANGES.items())
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
        assert example.aws.client("emr-serverless").list_applications(states=["STARTED"])["applications"]
        with deployment.step("apply more memory, new code and additional tasks"):
            deployment.pipeline.apply_plan()


def check_alarms(example):
    aws = example.aws
    example.notifications.subscribe()
    with example.subtests.test("a dead letter raises an alarm, which notifies the operators"):
        sqs = aws.client("sqs")
        dead_letters = sqs.get_queue_url(QueueName="shop_sales_dev_daily_sales-dead-letters")["QueueUrl"]
        sqs.send_message(QueueUrl=dead_letters, MessageBody="{}")
        aws.advance_time(0)
        (message,) = example.notifications()
        assert json.loads(message)["AlarmName"] == "shop_sales_dev_daily_sales-dead-letters"

    with example.subtests.test("a domain that exceeds its budget notifies the operators"):
        aws.control("exceed_budget", name="shop_sales_dev")
        assert len(example.notifications()) == len(("spent 80 %", "spent 100 %", "forecast"))


def check_failures(example):
    aws, slack, subtests = example.aws, example.slack, example.subtests
    with subtests.test(
        "a failing task ends the execution with its error after its retries, and operators are notified"
    ):
        with example.deployment.step("failing executions"):
            executions = example.execute(*({"fault": fault} for fault in FAULTS))
        received = example.notifications()
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

    with subtests.test("each failure is reported to Slack once"), example.deployment.step("reports to Slack"):
        slack.wait_for(len(FAULTS))
        for execution, (error, cause, _) in zip(executions, FAULTS.values(), strict=True):
            (message,) = [json.dumps(each) for each in slack.messages if execution["name"] in json.dumps(each)]
            assert error in message
            assert json.dumps(cause.partition(": ")[0])[1:-1] in message
        report_again(aws, executions[0])
        assert len(slack.messages) == len(FAULTS)

    with subtests.test("the freshness of all tables is checked, and broken promises are listed"):
        assert broken_promises(aws) == []


def check_undelivered_failures(example):
    aws, deployment, subtests = example.aws, example.deployment, example.subtests
    with subtests.test("notifications that cannot be delivered are kept"), deployment.step("undelivered notification"):
        aws.fail_next("sns:Publish", "AuthorizationError", times=2)
        example.slack.outage = 503
        example.execute({"fault": "raises"})
        undelivered = messages(aws, "shop_sales_dev_daily_sales-undelivered")
        assert len(undelivered) == 2
        assert all("no such column" in message for message in undelivered)

    with subtests.test("a failure that is not reported to Slack is kept and raises an alarm"):
        options = {"VisibilityTimeout": 0, "WaitTimeSeconds": 20}
        assert any(messages(aws, "shop_sales_dev_failure_reports_dead_letters", **options) for _ in range(6))
        aws.advance_time(0)
        assert any("shop_sales_dev_failure_reports-dead-letters" in message for message in example.notifications())


def check_permissions(example):
    aws, deployment = example.aws, example.deployment
    with example.subtests.test("a role may do what its task declares, and nothing else"):
        resources = [*deployment.domain.state(), *deployment.pipeline.state()]
        tasks = yaml.safe_load((deployment.pipeline.folder / "pipeline.yaml").read_text())["tasks"]
        assert allowed(aws, forbidden_requests(resources, tasks)) == []
        required = list(required_requests(resources, tasks))
        assert allowed(aws, required) == required

    with example.subtests.test("every permission of a role is used, or unused_permissions.yaml gives a reason"):
        roots = (deployment.domain, deployment.pipeline, deployment.original)
        resources = [resource for root in roots for resource in root.state()]
        check_unused_permissions(aws, resources, read_reasons())


def check_unused_permissions(aws, resources, reasons):
    unused = unused_permissions(resources, aws.control("access_decisions"))
    assert sorted(unused - reasons.all.keys()) == []
    assert sorted(reasons.never.keys() - unused) == []
    assert sorted(reasons.depends_on_timing.keys() - granted_permissions(resources)) == []


def check_removal_of_a_task(example):
    deployment = example.deployment
    with example.subtests.test("removing a task removes its own resources; the line of a hint changes only a policy"):
        with deployment.edited_pipeline() as pipeline:
            del pipeline["tasks"]["faulty"], pipeline["tasks"]["load_orders"]["after"]
            pipeline["tasks"]["reader"] |= DECLARED_INPUT
        changes = deployment.pipeline.changes()
        assert set(changes.values()) == {"delete", "update"}
        assert all('["faulty"]' in address for address, action in changes.items() if action == "delete")
        assert [address for address in changes if '["reader"]' in address] == [READER_POLICY]
        with deployment.step("apply without the task, with a declared input"):
            deployment.pipeline.apply_plan()
        ran = run_task(example.aws, "daily_sales", "reader", "--parameter", "fault=is denied")
        assert ran.returncode == 0, ran.stderr


def check_protection(example):
    aws, deployment, original = example.aws, example.deployment, example.deployment.original
    with example.subtests.test("a protected domain and its pipelines are neither destroyed nor renamed"):
        existing = original.resources(), catalog_tables(aws)
        with deployment.step("rejected destroy"), pytest.raises(TerraformError, match=PROTECTED):
            original.destroy(NO_REFRESH)
        rejected = pytest.raises(TerraformError, match=PROTECTED)
        with deployment.step("rejected new name"), renamed_pipeline(original), rejected:
            original.apply(NO_REFRESH)
        assert (original.resources(), catalog_tables(aws)) == existing
    with deployment.step("apply without protection"):
        original.environment["TF_VAR_prevent_destroy"] = "false"
        original.apply(NO_REFRESH)


def check_destroy(example, before):
    aws, deployment, production = example.aws, example.deployment, example.production
    with example.subtests.test("a bucket that contains objects keeps the catalog"), deployment.step("rejected bucket"):
        existing = catalog_tables(aws)
        aws.client("s3").put_object(Bucket="shop-sales-prod-data", Key="sales/orders/data/rows.parquet")
        with pytest.raises(TerraformError, match="BucketNotEmpty"):
            production.destroy()
        assert catalog_tables(aws) == existing
        delete_versions(aws, "shop-sales-prod-data")

    with example.subtests.test(
        "destroying other domains leaves this one unchanged; after its own destroy nothing is left"
    ):
        with deployment.step("destroy pipeline and other domains"):
            in_parallel(
                deployment.pipeline.destroy,
                production.destroy,
                lambda: deployment.original.destroy(NO_REFRESH),
            )
        assert deployment.domain.drift() == ""
        with deployment.step("destroy domain"):
            deployment.domain.destroy(NO_REFRESH)
        left = inventory(aws) ^ before
        assert {entry for entry in left if not entry.startswith("ecs taskDefinitionArns ")} == set()


def check_permissions_of_deployment_roles(example):
    with example.subtests.test("the roles that apply the examples use every permission, or a file gives a reason"):
        check_unused_permissions(example.aws, example.deployment.roles.state(), read_reasons(DEPLOYMENT_REASONS))


def check_requests(example):
    requests = example.aws.control("validated_requests")
    with example.subtests.test("every request is validated against its service's model, and is valid"):
        assert select(requests, "unmodelled") == {}
        assert select(requests, "refused") == {}
    timeline, accepted = example.deployment.timeline, select(requests, "accepted")
    sys.stdout.write("".join(f"{step}: {seconds:.1f} s\n" for step, seconds in timeline.items()))
    sys.stdout.write(
        f"{sum(accepted.values())} valid requests of {len(accepted)} operations of {len(requests)} services\n"
    )
