"""`datalake_sdk datalfred` on AWS: Athena runs its queries, Bedrock its model, through the domain's profiles."""

from __future__ import annotations

import asyncio
import json

import pytest

from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import QueryStoppedError
from test.aws.conftest import ENVIRONMENT
from test.bedrock_runtime import BedrockRuntime, Call, Reply, replies

QUESTION = ("datalfred", "--user-prompt", "How many orders?")
COUNT = Call("query", {"sql": "SELECT max(id) AS n FROM dev_sales.orders"})
FOUNDATION_MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"


def endpoint(server: BedrockRuntime) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]}


@pytest.fixture
def profile(program) -> str:
    """ARN of the profile `shop_sales_dev_small`."""
    created = program.aws.client("bedrock").create_inference_profile(
        inferenceProfileName="shop_sales_dev_small", modelSource={"copyFrom": FOUNDATION_MODEL}
    )
    return created["inferenceProfileArn"]


def test_the_model_of_the_domain_queries_athena(program, profile):
    assert program.ingest().exit_code == 0
    with BedrockRuntime(replies(Reply((COUNT,)), Reply(("3",)))) as server:
        result = program.run(*QUESTION, "--model-size", "small", "--json", **endpoint(server))
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {request["modelId"] for request in server.requests} == {profile}
    assert (answer["model"], answer["queries"]["queries"]) == ("shop_sales_dev_small", 1)
    assert answer["queries"]["scanned_bytes"] > 0


def test_without_a_role_of_the_domain_queries_run_with_the_permissions_of_the_caller(program, profile):
    with BedrockRuntime(replies(Reply(("Hello.",)))) as server:
        result = program.run(*QUESTION, "--model-size", "small", **endpoint(server))
    assert "Queries run with your permissions, because the domain has no role for Datalfred" in result.stderr


def test_a_caller_that_may_not_assume_the_role_of_the_domain_cannot_query(program, profile, role):
    arn = f"arn:aws:iam::{program.aws.account}:role/shop_sales_dev_datalfred"
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    program.aws.client("iam").create_role(
        RoleName="shop_sales_dev_datalfred",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
    )
    name = "/datalake/shop_sales_dev/datalfred_role_arn"
    program.aws.client("ssm").put_parameter(Name=name, Value=arn, Type="String")
    with BedrockRuntime(replies(Reply((COUNT,)), Reply(("denied",)))) as server:
        variables = {**role(["athena:*", "bedrock:*", "glue:*", "s3:*", "ssm:GetParameter"]), **endpoint(server)}
        result = program.run(*QUESTION, "--model-size", "small", **variables)
    assert f"role '{arn}' cannot be assumed" in result.stderr
    assert "permissions" not in result.stderr


def test_the_prompt_is_cached_by_models_that_support_it(program, profile):
    with BedrockRuntime(replies(Reply(("Hello.",)))) as server:
        program.run(*QUESTION, "--model-size", "small", **endpoint(server))
    assert {"cachePoint": {"type": "default"}} in server.requests[0]["system"]


def test_a_missing_profile_is_named_with_the_existing_ones(program, profile):
    result = program.run(*QUESTION, "--model-size", "large")
    assert result.exit_code == 1
    assert "Error: inference profile 'shop_sales_dev_large' does not exist in eu-west-1" in result.stderr
    assert "enable_bedrock_profiles = true" in result.stderr
    assert "'shop_sales_dev_small'" in result.stderr


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_denied_model_is_reported_with_the_permissions_to_add(program, profile):
    action = "bedrock:InvokeModelWithResponseStream"
    reason = (
        f"User: arn:aws:iam::123456789012:user/ana is not authorized to perform: {action} on resource: {profile} "
        f"because no identity-based policy allows the {action} action"
    )
    denied = Reply(fault="AccessDeniedException", status=403, reason=reason)
    with BedrockRuntime(replies(denied)) as server:
        result = program.run(*QUESTION, "--model-size", "small", **endpoint(server))
    assert result.exit_code == 1
    assert (
        f"Error: model 'shop_sales_dev_small': access denied: {action} on '{profile}' for user 'ana'" in result.stderr
    )
    statement = {"Effect": "Allow", "Action": action, "Resource": [profile, FOUNDATION_MODEL]}
    assert f"Add this statement to a policy of the caller: {json.dumps(statement)}" in result.stderr


def test_a_caller_who_may_not_list_profiles_is_told_which_permission_to_add(program, profile, role):
    result = program.run(*QUESTION, "--model-size", "small", **role("s3:*"))
    assert result.exit_code == 1
    assert "Error: model 'shop_sales_dev_small': access denied: bedrock:ListInferenceProfiles" in result.stderr
    assert '{"Effect": "Allow", "Action": "bedrock:ListInferenceProfiles", "Resource": ["' in result.stderr


def test_bytes_scanned_by_a_failed_query_count(program, profile):
    assert program.ingest().exit_code == 0
    failing = Call("query", {"sql": "SELECT 1 / (max(id) - max(id)) FROM dev_sales.orders"})
    with BedrockRuntime(replies(Reply((failing,)), Reply(("failed",)))) as server:
        result = program.run(*QUESTION, "--model-size", "small", "--json", **endpoint(server))
    assert "failed: the query failed" in result.stderr
    assert json.loads(result.stdout)["queries"]["scanned_bytes"] > 0


def test_a_query_that_the_user_stops_is_stopped_on_athena(program):
    assert program.ingest().exit_code == 0
    aws = program.aws
    aws.control("hold_queries", containing="orders")
    queries = QueryRunner(ENVIRONMENT)

    async def stopped() -> str:
        running = asyncio.create_task(queries.run(COUNT.arguments["sql"]))
        query_id = await asyncio.to_thread(aws.control, "held_query")
        queries.stop()
        with pytest.raises(QueryStoppedError):
            await running
        return query_id

    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        query_id = asyncio.run(stopped())
    assert aws.control("finished_query", query_id=query_id)["Status"]["State"] == "CANCELLED"


def test_a_session_is_resumed_from_the_technical_bucket(program, profile):
    with BedrockRuntime(replies(Reply(("Hello.",)), Reply(("Again.",)))) as server:
        first = program.run(*QUESTION, "--model-size", "small", "--json", **endpoint(server))
        session = json.loads(first.stdout)["session_id"]
        second = program.run(*QUESTION, "--model-size", "small", "--session-id", session, **endpoint(server))
    assert second.stdout == "Again.\n"
    strings = [block.get("text") for message in server.requests[1]["messages"] for block in message["content"]]
    assert [text for text in strings if text] == ["How many orders?", "Hello.", "How many orders?"]


def test_a_session_that_cannot_be_read_or_is_broken_is_reported(program, profile, role):
    with BedrockRuntime(replies(Reply(("Hello.",)))) as server:
        first = program.run(*QUESTION, "--model-size", "small", "--json", **endpoint(server))
    session = json.loads(first.stdout)["session_id"]
    s3 = program.aws.client("s3")
    (stored,) = s3.list_objects_v2(Bucket="shop-sales-dev-technical", Prefix="datalfred/")["Contents"]
    s3.put_object(Bucket="shop-sales-dev-technical", Key=stored["Key"], Body=b'{"messages": [')
    broken = program.run(*QUESTION, "--model-size", "small", "--session-id", session)
    assert broken.exit_code == 1
    assert f"Error: session '{session}' cannot be restored: " in broken.stderr
    assert "Hint: Omit --session-id to start a new one." in broken.stderr
    denied = program.run(*QUESTION, "--model-size", "small", "--session-id", session, **role("bedrock:*"))
    assert denied.exit_code == 1
    assert "Error: the session cannot be listed: access denied: s3:ListBucket on" in denied.stderr


def test_an_answer_whose_session_cannot_be_stored_is_printed_with_a_warning(program, profile, role):
    with BedrockRuntime(replies(Reply(("Hello.",)))) as server:
        variables = {**role(["bedrock:*", "s3:GetObject", "s3:ListBucket", "ssm:GetParameter"]), **endpoint(server)}
        result = program.run(*QUESTION, "--model-size", "small", **variables)
    assert (result.exit_code, result.stdout) == (0, "Hello.\n")
    assert "the session cannot be stored: access denied: s3:PutObject on" in result.stderr


def test_the_layout_of_a_table_has_the_cost_of_a_scan(program, profile):
    assert program.ingest().exit_code == 0
    call = Call("table_layout", {"database": "sales", "table": "orders"})
    with BedrockRuntime(replies(Reply((call,)), Reply(("done",)))) as server:
        program.run(*QUESTION, "--model-size", "small", **endpoint(server))
    blocks = [block for message in server.requests[1]["messages"] for block in message["content"]]
    (result,) = [block["toolResult"] for block in blocks if "toolResult" in block]
    layout = json.loads(result["content"][0]["text"])
    assert layout["scan_dollars"] == pytest.approx(layout["bytes"] * 5 / 1e12)
