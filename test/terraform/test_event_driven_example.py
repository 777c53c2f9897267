"""The trigger of the event-driven example stays paused."""

from __future__ import annotations

TRIGGER = "shop_sales_dev_deliveries-trigger"


def test_an_apply_keeps_a_trigger_paused_and_a_plan_warns_of_it(applied):
    deployment, _ = applied
    aws, pipeline = deployment.aws, deployment.applied["pipeline_factory/examples/event_driven"]
    aws.client("events").disable_rule(Name=TRIGGER)
    aws.client("pipes").stop_pipe(Name=TRIGGER)
    pipeline.apply()
    assert aws.client("events").describe_rule(Name=TRIGGER)["State"] == "DISABLED"
    assert aws.client("pipes").describe_pipe(Name=TRIGGER)["DesiredState"] == "STOPPED"
    assert pipeline.drift() == ""
    assert f"The rule {TRIGGER} is DISABLED" in " ".join(pipeline.run("plan").split())
