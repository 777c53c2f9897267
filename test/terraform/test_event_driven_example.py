"""The event-driven example: files start it, its first task survives an interruption, and its trigger can be paused."""

from __future__ import annotations

import pytest

from test.emulator.athena_client import AthenaClient
from test.terraform.deployment import Examples, prepare_account
from test.terraform.terraform import EMULATOR_SETTINGS
from test.terraform.workspace import container_engine

TRIGGER = "shop_sales_dev_deliveries-trigger"
BATCH_WINDOW = 120
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@pytest.fixture
def pipeline(aws, tmp_path):
    """The applied pipeline, in an applied domain with the defaults."""
    prepare_account(aws)
    (tmp_path / "images").mkdir()
    environment = {**aws.environment, **container_engine(tmp_path / "images")}
    examples = Examples(environment, tmp_path, {"emulator": EMULATOR_SETTINGS})
    domain = examples.root("domain_factory/examples/minimal")
    pipeline = examples.root("pipeline_factory/examples/event_driven")
    try:
        examples.init(domain, pipeline)
        domain.apply()
        pipeline.apply()
        yield pipeline
    finally:
        examples.stop()


def test_files_start_the_pipeline_whose_trigger_stays_paused(aws, pipeline, subtests):
    with subtests.test("its tasks read and write files without a policy written by hand"):
        execution = deliver_parcels(aws, pipeline.output())
        assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
        assert [rows(aws, table) for table in ("parcels", "parcels_by_depot")] == [3, 2]
        report = aws.client("s3").get_object(Bucket="shop-sales-dev-inbox", Key="reports/parcels_by_depot.csv")
        assert report["Body"].read().decode().splitlines()[1:] == ["1,Lyon,2", "2,Torino,1"]

    with subtests.test("a task whose Spot capacity was reclaimed runs again"):
        assert stop_codes(aws, "load_files") == ["EssentialContainerExited", "SpotInterruption"]

    with subtests.test("an apply keeps a trigger paused, and a plan warns of it"):
        aws.client("events").disable_rule(Name=TRIGGER)
        aws.client("pipes").stop_pipe(Name=TRIGGER)
        pipeline.apply()
        assert aws.client("events").describe_rule(Name=TRIGGER)["State"] == "DISABLED"
        assert aws.client("pipes").describe_pipe(Name=TRIGGER)["DesiredState"] == "STOPPED"
        assert pipeline.drift() == ""
        assert f"The rule {TRIGGER} is DISABLED" in " ".join(pipeline.run("plan").split())


def deliver_parcels(aws, outputs):
    """Puts two files into the inbox, and returns the execution that they start, with IAM enforced.

    The first task, which runs on Spot capacity, is interrupted.
    """
    s3, states, inbox = aws.client("s3"), aws.client("stepfunctions"), outputs["inbox"]
    s3.put_object(Bucket=inbox, Key="reference/depots.csv", Body=b"depot_id,city\n1,Lyon\n2,Torino\n")
    aws.control("interrupt_next_spot_task")
    aws.enforce_iam()
    try:
        s3.put_object(Bucket=inbox, Key="parcels/1.csv", Body=b"parcel_id,depot_id\n7,1\n8,2\n")
        s3.put_object(Bucket=inbox, Key="parcels/2.csv", Body=b"parcel_id,depot_id\n9,1\n")
        # The pipe may receive the events only when the time advances, and then its window begins.
        aws.advance_time(BATCH_WINDOW)
        aws.advance_time(BATCH_WINDOW)
        (execution,) = states.list_executions(stateMachineArn=outputs["state_machine_arn"])["executions"]
        aws.wait_for(execution["executionArn"], *ENDED, seconds=300)
    finally:
        aws.stop_enforcing_iam()
    return states.describe_execution(executionArn=execution["executionArn"])


def stop_codes(aws, task):
    """Why the runs of a task of the event-driven example stopped, sorted."""
    ecs, family = aws.client("ecs"), f"shop_sales_dev_deliveries_{task}"
    runs = ecs.list_tasks(cluster="shop_sales_dev", family=family, desiredStatus="STOPPED")["taskArns"]
    return sorted(run["stopCode"] for run in ecs.describe_tasks(cluster="shop_sales_dev", tasks=runs)["tasks"])


def rows(aws, table):
    """Counts the rows of a table of the pipeline with Athena."""
    ran = AthenaClient(aws, "shop_sales_dev").run(f"SELECT count(*) FROM dev_deliveries.{table}")
    assert ran.state == "SUCCEEDED", ran.reason
    return int(ran.rows[0][0])
