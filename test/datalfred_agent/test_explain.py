from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from threading import Event, Timer
from typing import Any

import pytest

from datalake_sdk.datalfred_agent.explain import explainer
from datalake_sdk.datalfred_agent.models import OpenedModel
from datalake_sdk.errors import MissingModelIdError, NoSuchModelProfileError
from datalake_sdk.operations.investigate import explained
from test.bedrock_runtime import Reply, replies
from test.datalfred_agent.scripted_model import ScriptedModel
from test.unit.failure_reports.conftest import REPORT


@pytest.fixture
def explain(shop):
    """Returns the report with the explanation of a model, and the model."""

    def run(script):
        model = ScriptedModel(script)
        return explained(REPORT, explainer(lambda: OpenedModel("m", "m", model))), model

    return run


def test_the_explanation_is_written_from_the_facts_of_the_report(explain):
    report, model = explain(replies(Reply(("The file has no such column.",))))
    assert report.explanation.strip() == "The file has no such column."
    (message,) = model.requests[0]["messages"]
    facts = json.loads(message["content"][0]["text"])
    assert facts["tasks"][0]["message"] == "ValueError: no such column"
    assert not model.requests[0]["tools"]


def test_an_explanation_cannot_control_a_terminal(explain):
    report, _ = explain(replies(Reply(("a\x1b[2Jb\u202ec",))))
    assert report.explanation.strip() == "abc"


def test_without_an_answer_of_the_model_the_report_is_unchanged(explain, caplog):
    def failing(_request):
        raise ConnectionError("no route to host")

    report, _ = explain(failing)
    assert report == REPORT
    assert "no explanation: model 'm' failed: ConnectionError: no route to host" in caplog.text


def test_a_model_that_cannot_be_opened_is_only_an_error_if_the_call_is_invalid(caplog):
    def denied():
        raise NoSuchModelProfileError("shop_sales_dev_small", "eu-west-1", [])

    def invalid():
        raise MissingModelIdError("ollama")

    assert explained(REPORT, explainer(denied)) == REPORT
    assert "no explanation: inference profile 'shop_sales_dev_small' does not exist" in caplog.text
    with pytest.raises(MissingModelIdError):
        explained(REPORT, explainer(invalid))


class SilentModel(ScriptedModel):
    """Waits in a thread, as boto3 does for Bedrock."""

    released = Event()

    async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        await asyncio.to_thread(self.released.wait)
        yield {"messageStart": {"role": "assistant"}}


def test_a_model_that_does_not_answer_does_not_delay_the_report(caplog):
    model = SilentModel(replies())
    watchdog = Timer(20, model.released.set)
    watchdog.start()
    report = explained(REPORT, explainer(lambda: OpenedModel("m", "m", model), seconds=0.1))
    assert not model.released.is_set()
    assert report == REPORT
    assert "the model did not answer within 0.1 s" in caplog.text
    watchdog.cancel()
    model.released.set()
