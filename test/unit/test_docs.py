from __future__ import annotations

import re
import textwrap

import pytest
import yaml

from datalake_sdk.pipelines.attributes import attribute_errors
from doc_resources import athena_functions, cli_reference, spark_settings, terraform_reference
from doc_resources.pages import README, pages


def test_the_command_line_reference_is_current():
    assert cli_reference.REFERENCE.read_text(encoding="utf-8") == cli_reference.reference(), "run `make docs`"


def test_the_coverage_of_athenas_functions_is_current():
    assert athena_functions.PAGE.read_text(encoding="utf-8") == athena_functions.page(), "run `make docs`"


def test_the_tables_of_sparks_settings_are_current():
    page = spark_settings.PAGE.read_text(encoding="utf-8")
    assert page == spark_settings.rewritten(page), "run `make docs`"


@pytest.mark.parametrize("readme", terraform_reference.readmes(), ids=lambda readme: readme.parent.name)
def test_the_inputs_and_outputs_in_the_readme_of_a_module_are_current(readme):
    assert readme.read_text(encoding="utf-8") == terraform_reference.with_reference(readme), "run `make docs`"


@pytest.mark.parametrize("readme", terraform_reference.readmes(), ids=lambda readme: readme.parent.name)
def test_workflows_in_the_readme_of_a_module_pin_actions_to_commits(readme):
    used = re.findall(r"uses: (\S+)", readme.read_text(encoding="utf-8"))
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_yaml_in_a_page_is_valid_and_pipelines_in_it_have_no_unknown_attributes(page):
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for document in (document for block in blocks for document in yaml.safe_load_all(textwrap.dedent(block))):
        if isinstance(document, dict) and "pipeline_name" in document:
            assert attribute_errors(document) == []


def test_the_python_example_of_the_readme_runs(tmp_path, monkeypatch):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text("order_id;amount\n1;12.50\n")
    names = {}
    exec(program, names)
    assert names["job"].query("SELECT * FROM dev_shop.orders").to_dict("records") == [{"order_id": 1, "amount": 12.5}]


def test_decision_records_are_numbered_without_gaps_or_duplicates():
    records = sorted((README.parent / "doc_resources" / "adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert [record.read_text(encoding="utf-8").split(".")[0] for record in records] == [
        f"# {number}" for number in range(1, len(records) + 1)
    ]


def test_the_configuration_in_the_readme_is_that_of_the_demonstration():
    (shown,) = re.findall(r"```hcl\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    applied = iter((README.parent / "demo/aws/main.tf").read_text(encoding="utf-8").splitlines())
    assert [line for line in shown.splitlines() if line not in applied] == []


@pytest.mark.parametrize(
    ("shown", "page", "row"),
    [
        (
            r"costs\]\S+ (?P<idle>[\d.]+) US dollars",
            "domain_factory/README.md",
            "| [minimal](examples/minimal) | {idle} |",
        ),
        (
            r"a laptop (?P<duckdb>\d+) and on Spark (?P<spark>\d+) of Athena's (?P<athena>\d+)",
            "doc_resources/athena-functions.md",
            "| **all** | **{athena}** | **{duckdb}** | **{spark}** |",
        ),
        (
            r"upserts \[(?P<least>\d+) to (?P<most>\d+) times",
            "benchmark/README.md",
            "the median work times correspond to {least}, 95 and {most} times the speed of pyiceberg",
        ),
    ],
    ids=["idle cost", "functions", "upserts"],
)
def test_the_figures_of_the_readme_are_those_of_the_linked_pages(shown, page, row):
    found = re.search(shown, README.read_text(encoding="utf-8"))
    assert row.format(**found.groupdict()) in (README.parent / page).read_text(encoding="utf-8")
