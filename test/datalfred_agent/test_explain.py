from __future__ import annotations

import json

import pytest

from datalake_sdk.datalfred_agent.explain import explainer
from datalake_sdk.datalfred_agent.models import OpenedModel
from datalake_sdk.operations.investigate import explained
from test.bedrock_runtime import Reply, replies
from test.datalfred_agent.scripted_model import ScriptedModel
from test.unit.failure_reports.conftest import REPORT


@pytest.fixture
def explain(shop):
    """Returns the report with the explanation of a model, and the model."""

    def run(script):
        model = ScriptedModel(script)
        return explained(REPORT, explainer(OpenedModel("m", "m", model))), model

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
