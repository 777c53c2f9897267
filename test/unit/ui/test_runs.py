from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from datalake_sdk.errors import UnknownLogError
from datalake_sdk.ledger.model import Cost, Job, Run, RunKind
from datalake_sdk.operations.runs import run_log
from datalake_sdk.platforms.base import Capabilities
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.ui import recent_runs
from datalake_sdk.ui.pages.cost import run_dollars
from datalake_sdk.ui.security import Access
from test.unit.ui.conftest import SCRIPT, browse
from test.unit.ui.ledger_builder import MIDNIGHT, LedgerBuilder


def positions(text: str) -> list[str]:
    """Returns the positions of the runs in the list, in order."""
    return re.findall(r'<th scope="row"><a href="/runs/([^"]+)"', text)


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Waits until a condition is met."""
    end = time.monotonic() + seconds
    while not (is_met := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return is_met


def test_every_run_is_on_exactly_one_page(pages):
    seen, path = [], "/runs"
    while path:
        shown = pages.get(path).text
        seen += positions(shown)
        found = re.search(r'rel="next" href="([^"]+)"', shown)
        path = found and found[1]
    assert len(seen) == len(set(seen)) == 15 * 4


def test_the_newest_execution_is_first_and_its_pipeline_before_its_tasks(pages):
    jobs = re.findall(r'<th scope="row"><a href="/runs/[^"]+">([^<]+)<', pages.get("/runs").text)
    assert jobs[:5] == ["orders", "orders.load", "orders.load", "orders.report", "orders"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        *(("state=failed", 15 + 2), ("kind=pipeline", 15), ("text=REPORT", 15)),
        *(("text=shop.gone&state=failed", 1), ("state=x", 0)),
    ],
)
def test_runs_are_filtered(pages, query, count):
    assert len(positions(pages.get(f"/runs?{query}").text)) == count


def test_only_the_latest_runs_are_kept(tmp_path, monkeypatch):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    for hours in range(2):
        LedgerBuilder(platform).execution(MIDNIGHT + timedelta(hours=hours))
    monkeypatch.setattr(recent_runs, "MAX_RUNS", 4)
    latest = recent_runs.RecentRuns(platform.run_events).get(10)
    assert [run.run.group_time for run in latest.runs] == [MIDNIGHT + timedelta(hours=1)] * 4


def test_a_run_that_ends_after_many_newer_ones_is_read_again(tmp_path, monkeypatch):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    builder = LedgerBuilder(platform)
    running = builder.running(MIDNIGHT)
    for hours in range(1, 3):
        builder.execution(MIDNIGHT + timedelta(hours=hours))
    monkeypatch.setattr(recent_runs, "_RUNS_PER_READ", 4)
    times = count(step=3600)
    runs = recent_runs.RecentRuns(platform.run_events, lambda: next(times))
    assert [run.state for run in runs.get(10).runs if run.run.id == running.id] == ["running"]
    builder.end(running)
    assert eventually(lambda: [run.state for run in runs.get().runs if run.run.id == running.id] == ["succeeded"])


def test_a_run_shows_its_execution_with_tries(pages, failed_run):
    shown = pages.get(f"/runs/{failed_run}").text
    labels = re.findall(r'<span class="label"><a [^>]+>([^<]+)<', shown)
    assert labels == ["orders", "load (attempt 1)", "load (attempt 2)", "report"]
    bars = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="1" width="([\d.]+)"', shown)
    assert bars == [
        ("failed", "0.0", "100.0"),
        ("failed", "6.25", "18.75"),
        ("succeeded", "37.5", "18.75"),
        ("failed", "62.5", "31.25"),
    ]


def test_a_failed_run_shows_error_hint_and_statement(pages, failed_run):
    shown = pages.get(f"/runs/{failed_run}").text
    assert all(each in shown for each in ("ContractViolatedError", "Correct the rows.", "line 3", "SELECT 1"))
    assert SCRIPT not in shown


def test_checks_and_their_violations_are_shown(pages):
    load = positions(pages.get("/runs?text=orders.load&state=succeeded").text)[0]
    shown = pages.get(f"/runs/{load}").text
    assert re.search(r'amount is positive</th>.*?violated.*?<td class="num" data-label="Rows">3</td>', shown, re.DOTALL)


def test_only_tables_that_exist_are_links(pages, failed_run):
    shown = pages.get(f"/runs/{failed_run}").text
    assert '<a href="/tables/shop.orders">shop.orders</a>' in shown
    assert "<code>dev_shop.gone</code>" in shown


@pytest.mark.parametrize(
    "position", ["x", "20261128T000000.000000Z_00000000-0000-0000-0000-000000000000", "..%2f..%2fetc"]
)
def test_an_unknown_run_is_not_found(pages, position):
    assert pages.get(f"/runs/{position}").status_code == 404


@pytest.fixture
def log(platform, tmp_path):
    """Log of a task with markup, a secret and more lines than are shown."""
    file = tmp_path / "task.log"
    file.write_text("line\n" * 1500 + f"password=hunter22 {SCRIPT}\n")
    return file.as_uri()


def test_the_end_of_a_log_is_shown_without_secrets_and_markup(tmp_path, log):
    lake = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    position = LedgerBuilder(lake, log=log).execution(MIDNIGHT)
    with browse(lake, Access()) as pages:
        assert f'href="/runs/{position}/log"' in pages.get(f"/runs/{position}").text
        shown = pages.get(f"/runs/{position}/log").text
    assert ("hunter22" in shown, SCRIPT in shown, "password=[redacted]" in shown) == (False, False, True)
    assert "501 earlier lines are not shown" in shown


def test_a_run_without_a_log_says_so(pages, failed_run):
    assert pages.get(f"/runs/{failed_run}/log").status_code == 404


def test_on_aws_an_event_names_no_file_of_this_machine(platform, log):
    remote = SimpleNamespace(capabilities=Capabilities(remote=True), pipelines=None)
    run = Run("1", Job(RunKind.TASK, "t"), MIDNIGHT, MIDNIGHT, log=log)
    with pytest.raises(UnknownLogError):
        run_log(remote, run)


def test_pipelines_show_their_last_runs(pages):
    shown = pages.get("/pipelines").text
    assert "14 of 15 succeeded" in shown
    assert shown.count('<rect class="succeeded"') == 14


def test_a_pipeline_draws_tasks_and_tables(pages):
    shown = pages.get("/pipelines/orders").text
    assert '<a href="/tables/shop.orders"><g class="table">' in shown
    assert all(f">{each}</text>" in shown for each in ("load", "report", "shop.gone"))
    assert pages.get("/pipelines/nowhere").status_code == 404


def test_a_pipeline_is_shown_during_its_first_run(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    LedgerBuilder(platform).running(MIDNIGHT)
    with browse(platform, Access()) as client:
        shown = client.get("/pipelines/orders")
    assert (shown.status_code, shown.text.count('class="badge info">running')) == (200, 2)


def test_lineage_leads_from_a_table_to_what_is_computed_from_it(pages):
    shown = pages.get("/lineage/shop.orders").text
    used_by = shown.partition('id="below"')[2]
    assert '<a href="/lineage/shop.gone">shop.gone</a>' in used_by
    assert "deleted" in used_by
    assert re.search(r'<a href="/runs/[^"]+"><g class="job">', shown)


def test_all_tables_with_lineage_are_listed_and_drawn(pages):
    shown = pages.get("/lineage").text
    assert re.search(r"shop.orders</a></th><td[^>]+>\d</td><td[^>]+>1</td>", shown)
    assert '<g class="table deleted">' in shown


@pytest.mark.parametrize(
    ("path", "status"), [("/lineage/crm.customers", 200), ("/lineage/a.b", 404), ("/lineage/x", 404)]
)
def test_lineage_of_unknown_tables_is_not_found(pages, path, status):
    assert pages.get(path).status_code == status


def test_time_is_added_up_by_day_and_job_without_counting_pipelines_twice(pages):
    shown = pages.get("/cost").text
    assert re.search(rf"{MIDNIGHT:%Y-%m-%d}</th><td[^>]+>45</td><td[^>]+>3 min</td><td[^>]+>45.0 GB</td>", shown)
    assert re.search(r"orders.report</a></th><td[^>]+>15</td>", shown)


def test_cost_counts_scanned_bytes_and_the_size_of_the_task():
    hour = timedelta(hours=1).total_seconds()
    assert run_dollars(Cost(hour, 2.0, 4096, 10**12)) == pytest.approx(5 + 2 * 0.04048 + 4 * 0.004445)
