"""Tools for charts, files, tables and operations, called by a model."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from datalake_sdk.datalfred_agent import png_charts
from test.bedrock_runtime import Call
from test.datalfred_agent.scripted_model import Dialog, calling
from test.unit.conftest import PyicebergLake

CHART = {
    "sql": "SELECT city, id FROM dev_sales.orders WHERE city = 'Lyon'",
    "kind": "bar",
    "x": "city",
    "y": ["id"],
    "title": "Orders",
}
INGEST = {"database": "sales", "table": "returns", "file": "data/returns.csv", "mode": "append"}
PIPELINE = """\
pipeline_name: daily
tasks:
  count:
    type: sql
    path: tasks/count
    output_tables: {sales.totals: {ingestion_mode: overwrite}}
"""


@pytest.fixture
def project(tmp_path):
    """A folder with data and code, next to the lake."""
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "data" / "returns.csv").write_text("id\n1\n2\n")
    (root / "main.py").write_text("def main(job):\n    return 1 / 0\n")
    return root


@pytest.fixture
def dialog(shop: PyicebergLake, project):
    return lambda *calls: Dialog(shop.platform, calling(*calls), project)


def test_the_schemas_of_tools_are_generated_once(dialog):
    """Each request to a model contains all of them."""
    tools = dialog().conversation.tools
    assert all(tool.schema is tool.schema for tool in tools)


def test_a_chart_is_drawn_for_the_user_and_not_for_the_model(dialog):
    asked = dialog(Call("plot", CHART))
    asked.ask()
    (drawn,) = asked.drawings()
    assert drawn.startswith("Orders\nLyon ███")
    assert asked.result() == {"drawn": True, "rows": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "pie"},
        {"kind": "import os"},
        {"y": []},
        {"y": ["id"] * 7},
        {"code": "import os"},
        {"x": "__import__('os')"},
        {"y": ["city"]},
        {"sql": "DROP TABLE dev_sales.orders"},
    ],
    ids=str,
)
def test_a_chart_that_is_not_a_specification_is_rejected(dialog, shop, changes):
    before = shop.files()
    asked = dialog(Call("plot", CHART | changes))
    asked.ask()
    assert asked.results()[-1]["status"] == "error"
    assert asked.drawings() == []
    assert shop.files() == before


def test_a_chart_is_saved_after_an_approval(dialog, project):
    asked = dialog(Call("save_chart", CHART | {"file": "orders.svg"}))
    asked.ask_at_a_terminal(True)
    assert f'"path": "{project / "orders.svg"}"' in asked.operations[0]
    assert (project / "orders.svg").read_text().startswith("<svg ")


def test_a_chart_is_saved_as_png(dialog, project):
    asked = dialog(Call("save_chart", CHART | {"file": "orders.png"}))
    asked.ask_at_a_terminal(True)
    assert asked.result() == {"saved": str(project / "orders.png"), "rows": 1}
    assert (project / "orders.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_without_fonts_no_png_without_labels_is_saved(dialog, project, monkeypatch):
    monkeypatch.setattr(png_charts, "_LETTER", "")
    asked = dialog(Call("save_chart", CHART | {"file": "orders.png"}))
    asked.ask_at_a_terminal(True)
    assert asked.result()["error"].startswith("an image cannot be drawn: none of the fonts Arial, ")
    assert "Save the chart as .svg" in asked.result()["hint"]
    assert not (project / "orders.png").exists()


def test_without_an_approval_no_chart_is_saved(dialog, project):
    asked = dialog(Call("save_chart", CHART | {"file": "orders.svg"}))
    asked.ask()
    assert "was not approved" in asked.result()["error"]
    assert not (project / "orders.svg").exists()


def test_files_are_listed_and_read(dialog):
    asked = dialog(Call("list_files", {}), Call("read_file", {"file": "main.py"}))
    asked.ask()
    listed, read = (result["content"][0]["text"] for result in asked.results())
    assert '{"file": "data/returns.csv", "bytes": 7}' in listed
    assert "1 / 0" in read


def test_names_of_files_may_contain_any_printable_character(dialog, project):
    name = "day=2026-01-01/orders (1)+é.csv"
    (project / name).parent.mkdir()
    (project / name).write_text("id\n1\n")
    asked = dialog(Call("read_file", {"file": name}))
    asked.ask()
    assert asked.result()["text"] == "id\n1\n"


def test_a_name_that_is_not_utf_8_can_be_sent_to_a_model(dialog, project):
    (project / os.fsdecode(b"\xff.csv")).write_text("id\n1\n")
    asked = dialog(Call("list_files", {}))
    asked.ask()
    assert '"?.csv"' in asked.results()[-1]["content"][0]["text"]


def test_a_large_file_is_read_in_parts(dialog, project):
    (project / "notes.txt").write_text("é" * 20_000 + "the end")
    asked = dialog(Call("read_file", {"file": "notes.txt"}), Call("read_file", {"file": "notes.txt", "offset": 20_000}))
    asked.ask()
    first, second = (json.loads(result["content"][0]["text"]) for result in asked.results())
    assert (first["text"], first["next_offset"]) == ("é" * 20_000, 20_000)
    assert second == {"text": "the end", "bytes": 40_007}


def test_a_secret_is_masked_wherever_a_part_starts(dialog, project):
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQ\n" * 200 + "-----END PRIVATE KEY-----\n"
    (project / "settings.txt").write_text("x" * 19_990 + "\npassword=hunter2\n" + key)
    parts = (Call("read_file", {"file": "settings.txt", "offset": offset}) for offset in (0, 20_000, 20_100))
    asked = dialog(*parts)
    asked.ask()
    read = "".join(result["content"][0]["text"] for result in asked.results())
    assert "hunter2" not in read
    assert "MIIEvQ" not in read


@pytest.mark.parametrize("old", ["TOKEN=zebra", "zebra", "=z"])
def test_a_change_does_not_reveal_whether_a_secret_contains_a_text(dialog, project, old):
    (project / "settings.ini").write_text("API_TOKEN=zebra77\n")
    asked = dialog(Call("propose_change", {"file": "settings.ini", "old": old, "new": "x"}))
    asked.ask()
    assert "occurs 0 times" in asked.result()["error"]
    assert asked.drawings() == []


def test_without_a_folder_there_are_no_tools_for_files(shop):
    names = {tool.name for tool in Dialog(shop.platform, calling()).conversation.tools}
    assert names.isdisjoint({"list_files", "read_file", "propose_change", "save_chart", "ingest", "run_pipeline"})


def test_a_fix_is_shown_as_a_diff_and_changes_nothing(dialog, project):
    before = (project / "main.py").read_text()
    asked = dialog(Call("propose_change", {"file": "main.py", "old": "1 / 0", "new": "{}"}))
    asked.ask()
    lines = [
        "--- a/main.py",
        "+++ b/main.py",
        "@@ -1,2 +1,2 @@",
        " def main(job):",
        "-    return 1 / 0",
        "+    return {}",
    ]
    assert asked.drawings() == ["\n".join(lines)]
    assert (project / "main.py").read_text() == before


@pytest.mark.parametrize(("old", "count"), [("nothing", 0), ("n", 2)])
def test_a_fix_must_replace_one_place(dialog, old, count):
    asked = dialog(Call("propose_change", {"file": "main.py", "old": old, "new": ""}))
    asked.ask()
    assert f"occurs {count} times in 'main.py'" in asked.result()["error"]


def test_an_approved_ingestion_writes_the_file_that_was_shown(dialog, shop, project):
    asked = dialog(Call("ingest", INGEST))
    asked.ask_at_a_terminal(True)
    assert f'{{"path": "{project / "data" / "returns.csv"}", "bytes": 7, "modified": "20' in asked.operations[0]
    assert asked.result()["rows_inserted"] == 2
    assert shop.query("SELECT id FROM dev_sales.returns ORDER BY id") == [{"id": 1}, {"id": 2}]


def test_an_ingestion_uses_the_tables_configuration_of_the_folder(dialog, shop, project):
    (project / "tables_configuration").mkdir()
    (project / "tables_configuration" / "sales.returns.yaml").write_text("schema: {id: {type: string}}\n")
    asked = dialog(Call("ingest", INGEST))
    asked.ask_at_a_terminal(True)
    assert shop.query("SELECT id FROM dev_sales.returns ORDER BY id") == [{"id": "1"}, {"id": "2"}]


def test_an_ingestion_without_an_approval_writes_nothing(dialog, shop):
    before = shop.files()
    asked = dialog(Call("ingest", INGEST))
    asked.ask()
    assert "was not approved" in asked.result()["error"]
    assert shop.files() == before


def rewrite(file, content):
    """Changes a file without changing its size and its time."""
    before = file.stat()
    file.write_text(content.ljust(before.st_size))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", ["content", "link", "same time"])
def test_a_file_that_changes_while_the_user_decides_is_not_ingested(dialog, shop, project, change):
    file, before = project / "data" / "returns.csv", shop.files()

    def swap():
        if change == "same time":
            rewrite(file, "id\n8\n9\n")
            return
        file.unlink()
        if change == "link":
            file.symlink_to(project / "other.csv")
        else:
            file.write_text("id\n8\n9\n")

    (project / "other.csv").write_text("id\n8\n9\n")
    asked = dialog(Call("ingest", INGEST))
    asked.ask_at_a_terminal(True, meanwhile=swap)
    assert asked.result()["error"] == "ingest did not run: a file changed after the operation was shown"
    assert shop.files() == before


@pytest.fixture
def pipeline(project):
    """A pipeline file with one task in SQL."""
    (project / "tasks" / "count" / "code").mkdir(parents=True)
    (project / "tasks" / "count" / "code" / "main.sql").write_text("SELECT 1 AS n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    return Call("run_pipeline", {"file": "pipeline.yaml"})


def test_an_approved_pipeline_runs(dialog, shop, project, pipeline):
    asked = dialog(pipeline)
    asked.ask_at_a_terminal(True)
    assert f'"pipeline": "daily", "tasks": {{"count": "{project / "tasks" / "count"}"}}' in asked.operations[0]
    assert [(task["task"], task["state"]) for task in asked.result()["tasks"]] == [("count", "succeeded")]
    assert shop.query("SELECT n FROM dev_sales.totals") == [{"n": 1}]


def test_a_refused_pipeline_does_not_run(dialog, shop, pipeline):
    before = shop.files()
    asked = dialog(pipeline)
    asked.ask_at_a_terminal(False)
    assert len(asked.operations) == 1
    assert "was not approved" in asked.result()["error"]
    assert shop.files() == before


@pytest.mark.parametrize("change", [rewrite, Path.write_text])
def test_a_pipeline_whose_code_changes_while_the_user_decides_does_not_run(dialog, shop, project, pipeline, change):
    code, before = project / "tasks" / "count" / "code" / "main.sql", shop.files()
    asked = dialog(pipeline)
    asked.ask_at_a_terminal(True, meanwhile=lambda: change(code, "SELECT 2 AS n"))
    assert "a file changed" in asked.result()["error"]
    assert shop.files() == before


def test_the_tasks_that_catch_failures_are_part_of_the_operation(dialog, project, pipeline):
    handler = project / "tasks" / "report"
    (handler / "code").mkdir(parents=True)
    (handler / "code" / "main.py").write_text("def main(job):\n    return {}\n")
    (handler / "requirements.txt").touch()
    (project / "pipeline.yaml").write_text(PIPELINE + "    catch: report\n  report:\n    path: tasks/report\n")
    asked = dialog(pipeline)
    asked.ask_at_a_terminal(False)
    assert f'"report": "{handler}"' in asked.operations[0]


def test_snapshots_are_compared_and_the_layout_is_described(dialog, shop):
    table = shop.platform.catalog.load_table(("dev_sales", "orders"))
    shop.append(table, [{"id": 4, "city": "Lyon"}])
    named = {"database": "sales", "table": "orders"}
    asked = dialog(Call("compare_snapshots", named), Call("table_layout", named))
    asked.ask()
    compared, layout = (result["content"][0]["text"] for result in asked.results())
    assert '"before": {"rows": 3' in compared
    assert '"after": {"rows": 4' in compared
    assert '"files": 2' in layout


def test_ids_of_snapshots_are_strings_because_clients_may_round_numbers(dialog, shop):
    table = shop.platform.catalog.load_table(("dev_sales", "orders"))
    shop.append(table, [{"id": 4, "city": "Lyon"}])
    newer, older = (str(snapshot.snapshot_id) for snapshot in reversed(table.refresh().snapshots()))
    named = {"database": "sales", "table": "orders"}
    asked = dialog(
        Call("describe_table", named),
        Call("compare_snapshots", named | {"older": older, "newer": newer}),
        Call("compare_snapshots", named | {"older": "1 OR 1"}),
    )
    asked.ask()
    described, compared, rejected = (json.loads(result["content"][0]["text"]) for result in asked.results())
    assert [each["snapshot_id"] for each in described["snapshots"]] == [newer, older]
    assert (compared["older"], compared["newer"]) == (older, newer)
    assert "older" in rejected["error"]
