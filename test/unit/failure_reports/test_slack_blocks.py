from __future__ import annotations

import json

import pytest

from datalake_sdk.failure_reports.slack_blocks import HEADER_LIMIT, TEXT_LIMIT, blocks, fallback_text

HOSTILE = "<!channel> <https://evil.example|here> & https://evil.example ```\n*bold*"


def block_texts(report):
    return [block["text"]["text"] for block in blocks(report)]


def test_a_report_has_the_same_blocks_for_every_failure(report):
    header, facts, error, cause, steps, task, log, links = block_texts(report())
    assert header == "Pipeline daily of shop_sales_dev failed"
    assert facts.splitlines() == [
        "*Execution* run-1",
        "*Status* FAILED",
        "*Started* 2026-01-31 05:00:00 UTC",
        "*Ended* 2026-01-31 05:12:11 UTC",
    ]
    assert error == "*Error*\nTerminalError: load: ValueError: no such column"
    assert cause == "*Likely cause*\nThe code of the task raised an exception."
    assert steps == "*Next steps*\nCorrect the code.\nThen redrive the execution."
    assert task == (
        "*Task load*: TerminalError after 2 attempts\nValueError: no such column\nWhere: code/main.py, line 6, in main"
    )
    assert log == "*Log of load*\n```reading orders.csv\nValueError: no such column```"
    assert links == (
        "<https://console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/run-1|Execution> · "
        "<https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1&amp;x=1#logsV2|Log of load>"
    )
    assert fallback_text(report()) == "Pipeline daily of shop_sales_dev failed: TerminalError"


def test_the_explanation_of_a_model_is_marked(report):
    marked = [text for text in block_texts(report(explanation="The file is empty.")) if "file is empty" in text]
    assert marked == ["*Explanation by a model, which may be wrong*\nThe file is empty."]


def test_text_of_executions_and_logs_contains_no_links_and_mentions(report):
    hostile = report(
        tasks={"task": HOSTILE, "message": HOSTILE, "error": HOSTILE, "log_lines": (HOSTILE,), "log_link": ""},
        error=HOSTILE,
        message=HOSTILE,
        execution=HOSTILE,
        explanation=HOSTILE,
        next_steps=(HOSTILE,),
        link="",
    )
    for block in blocks(hostile)[1:]:
        assert block["text"]["verbatim"]
        assert not {"<", ">"} & set(block["text"]["text"])
        assert "&amp;" in block["text"]["text"] or block["text"]["text"].startswith(("*Likely cause", "No links"))
        assert block["text"]["text"].count("```") in (0, 1, 2)
    assert "<" not in fallback_text(hostile)


def test_a_fence_in_a_log_does_not_end_its_block(report):
    (log,) = [text for text in block_texts(report(tasks={"log_lines": ("a ``` b", "````")})) if "*Log" in text]
    assert log.count("```") == 2


@pytest.mark.parametrize("character", ["x", "&", "<", "é", "\n"])
def test_blocks_stay_within_the_limits_of_slack(report, character):
    long = character * 50_000
    large = report(
        tasks={"task": long, "message": long, "error": long, "log_lines": (long,) * 100},
        pipeline=long,
        error=long,
        message=long,
        explanation=long,
        next_steps=(long,),
    )
    shown = blocks(large)
    assert len(shown) <= 50
    assert all(0 < len(block["text"]["text"]) <= TEXT_LIMIT for block in shown)
    assert len(shown[0]["text"]["text"]) <= HEADER_LIMIT
    assert "&am…" not in json.dumps(shown, ensure_ascii=False)


def test_the_end_of_a_long_log_is_kept(report):
    lines = (*("x" * 900 for _ in range(20)), "the <last> line")
    (log,) = [text for text in block_texts(report(tasks={"log_lines": lines})) if "*Log" in text]
    assert log.startswith("*Log of load*\n```…x")
    assert log.endswith("\nthe &lt;last&gt; line```")


def test_a_log_that_cannot_be_read_is_explained(report):
    (log,) = [
        text for text in block_texts(report(tasks={"log_lines": (), "log_problem": "it has expired"})) if "*Log" in text
    ]
    assert log == "*Log of load*\nit has expired"
