"""One call of a model on Bedrock: a question and its answer, without tools."""

from __future__ import annotations

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_CONNECT_SECONDS = 5


def converse(session: AwsSession, model: str, prompt: str, question: str, max_tokens: int, seconds: float) -> str:
    """Returns the answer of a model, from a single attempt.

    Args:
        session: Account and region.
        model: ARN of an inference profile, or id of a model.
        prompt: System prompt.
        question: Message of the user.
        max_tokens: Maximum number of tokens of the answer, which is cut off there.
        seconds: Maximum time to wait for the answer.

    Raises:
        DatalakeError: The model cannot be called, or does not answer in time.
    """
    from botocore.config import Config

    attempt = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=seconds, retries={"total_max_attempts": 1})
    with aws_errors():
        client = session.boto3_session.client("bedrock-runtime", region_name=session.region, config=attempt)
        response = client.converse(
            modelId=model,
            system=[{"text": prompt}],
            messages=[{"role": "user", "content": [{"text": question}]}],
            inferenceConfig={"maxTokens": max_tokens},
        )
    return "".join(block.get("text", "") for block in response["output"]["message"]["content"])
