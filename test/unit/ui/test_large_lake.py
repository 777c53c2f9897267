from __future__ import annotations

from benchmark.ui import add_runs, add_tables, pages
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.ui.security import Access
from test.unit.ui.conftest import browse


def test_every_page_of_the_benchmark_is_answered(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    names = add_tables(platform, tmp_path, 101)
    last = add_runs(platform, names, 60)
    with browse(platform, Access()) as client:
        answers = {name: client.get(path) for name, path in pages(names, last).items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["tables, last page"].text.count('<th scope="row">') == 1
    assert answers["tables"].text.count('<th scope="row">') == 50


def test_a_list_of_tables_loads_only_those_of_the_page(tmp_path, monkeypatch):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    add_tables(platform, tmp_path, 101)
    loaded = []
    load = platform.catalog.load_table
    monkeypatch.setattr(platform.catalog, "load_table", lambda name: loaded.append(name) or load(name))
    with browse(platform, Access()) as client:
        client.get("/tables/page/2")
    assert len(loaded) == 50
