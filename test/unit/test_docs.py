from __future__ import annotations

import re

import pytest

from doc_resources import athena_functions, cli_reference, readme_tour, spark_settings, terraform_reference


def test_the_command_line_reference_is_current():
    assert cli_reference.REFERENCE.read_text(encoding="utf-8") == cli_reference.reference(), "run `make docs`"


def test_the_coverage_of_athenas_functions_is_current():
    assert athena_functions.PAGE.read_text(encoding="utf-8") == athena_functions.page(), "run `make docs`"


def test_the_tables_of_sparks_settings_are_current():
    page = spark_settings.PAGE.read_text(encoding="utf-8")
    assert page == spark_settings.rewritten(page), "run `make docs`"


@pytest.mark.parametrize("readme", terraform_reference.readmes(), ids=lambda readme: readme.parent.name)
def test_a_module_says_what_goes_in_and_comes_out(readme):
    assert readme.read_text(encoding="utf-8") == terraform_reference.with_reference(readme), "run `make docs`"


def test_the_tour_of_the_readme_prints_what_it_says():
    page = readme_tour.README.read_text(encoding="utf-8")
    assert readme_tour.STEP.search(page)
    assert steady(page) == steady(readme_tour.rerun(page)), "run `make docs`"


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    (program,) = re.findall(r"```python\n(.*?)```", readme_tour.README.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text("order_id;amount\n1;12.50\n")
    names = {}
    exec(program, names)
    assert names["job"].query("SELECT * FROM dev_shop.orders").to_dict("records") == [{"order_id": 1, "amount": 12.5}]


def steady(page: str) -> str:
    """The page without what differs from run to run: ids, times, seconds and sizes of files."""
    varying = r"\b([0-9a-f]{32}|\d{15,}|\d{4}-\d\d-\d\dT\S+|\d+\.\d\d$|[\d.]+ kB)"
    return re.sub(varying, "…", page, flags=re.MULTILINE)
