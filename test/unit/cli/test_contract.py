"""The command `contract`."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.table_contract import CONTRACT_PROPERTY

CONTRACT = {"schema": {"id": {"required": True}, "email": {"type": "string", "classification": "restricted"}}}


@pytest.fixture
def run(lake):
    lake.create("sales.orders", rows=[{"id": 1, "email": "a"}], properties={CONTRACT_PROPERTY: json.dumps(CONTRACT)})
    lake.create("sales.items", rows=[{"id": 1}])
    return lambda *arguments: CliRunner().invoke(cli, ["--local", str(lake.root), "contract", *arguments])


@pytest.fixture
def file(tmp_path):
    def write(name="sales.orders.yaml", **fields):
        path = tmp_path / name
        path.write_text(yaml.safe_dump(fields), encoding="utf-8")
        return str(path)

    return write


def test_the_stored_contract_is_shown(run):
    shown = run("show", "sales.orders").stdout
    assert "required" in next(line for line in shown.splitlines() if line.startswith("│ id"))
    assert json.loads(run("show", "sales.orders", "--json").stdout) == {"table": "sales.orders", **CONTRACT}


def test_a_table_without_a_contract_says_how_to_store_one(run):
    result = run("show", "sales.items")
    assert result.exit_code == 2
    assert "sales.items: no contract is stored" in result.stderr
    assert "apply_tables" in result.stderr


def test_a_breaking_change_exits_with_code_1(run, file):
    stricter = file(schema={"id": {"type": "int", "required": True}, "email": {"required": True}})
    result = run("diff", "sales.orders", stricter, "--json")
    changes = {change["place"]: change for change in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert set(changes) == {"id.type", "email.required", "email.classification"}
    assert (changes["id.type"]["before"], changes["id.type"]["after"]) == ("long", "int")
    assert "2 breaking" in run("diff", "sales.orders", stricter).stdout


def test_a_compatible_change_exits_with_code_0(run, file):
    wider = file(schema=CONTRACT["schema"] | {"note": {"type": "string"}})
    assert run("diff", "sales.orders", wider).exit_code == 0
    assert run("diff", wider, wider).stdout == "the contracts are equal\n"


def test_a_contract_is_exported_with_the_types_of_the_table_and_imported(run, tmp_path):
    exported = tmp_path / "orders.odcs.yaml"
    assert run("export", "sales.orders", "--output", str(tmp_path / "missing/orders.yaml")).exit_code == 2
    assert run("export", "sales.orders", "--output", str(exported)).exit_code == 0
    imported = run("import", str(exported), "--output", str(tmp_path / "files"), "--json")
    path = tmp_path / "files/sales.orders.yaml"
    assert json.loads(imported.stdout) == {"files": [str(path)], "notes": []}
    assert yaml.safe_load(path.read_text())["schema"] == {
        "id": {"type": "long", "required": True},
        "email": {"type": "string", "classification": "restricted"},
    }
    assert "already exists" in run("import", str(exported), "--output", str(tmp_path / "files")).stderr


@pytest.fixture
def document(tmp_path):
    """A document of the Open Data Contract Standard."""

    def write(**more):
        path = tmp_path / "odcs.yaml"
        table = {"name": "orders", "properties": [{"name": "id", "logicalType": "integer"}]}
        fields = {"kind": "DataContract", "apiVersion": "v3.0.2", "id": "a", "version": "1.0.0", "status": "active"}
        path.write_text(yaml.safe_dump({**fields, "schema": [table], **more}), encoding="utf-8")
        return path

    return write


def test_a_promise_that_cannot_be_checked_is_not_imported(run, document, tmp_path):
    promise = {"property": "retention", "value": 3, "unit": "y"}
    folder = tmp_path / "files"
    result = run("import", str(document(slaProperties=[promise])), "--output", str(folder), "--database-name", "sales")
    assert result.exit_code == 2
    assert "table sales.orders: slaProperties 1: element is missing; retention requires" in result.stderr
    assert not folder.exists()


def test_the_database_of_an_imported_table_can_be_given(run, document, tmp_path):
    document = document()
    arguments = ("import", str(document), "--output", str(tmp_path / "files"))
    assert "table 'orders' has no database\nHint: Pass its database with --database-name" in run(*arguments).stderr
    assert run(*arguments, "--database-name", "sales").exit_code == 0
    assert (tmp_path / "files/sales.orders.yaml").is_file()


CHECKED = {
    "schema": {
        "id": {"primaryKey": True, "logicalTypeOptions": {"maximum": 2}},
        "email": {"classification": "restricted", "enum": ["x"]},
    },
    "quality": [{"metric": "rowCount", "mustBe": 3}, {"expression": "id < 3", "severity": "warning", "name": "small"}],
}


def test_violated_checks_are_listed_and_exit_with_code_1(lake, run, file):
    lake.create("sales.checked", rows=[{"id": number, "email": "x"} for number in (1, 2, 3)])
    result = run("test", "sales.checked", "--file", file(**CHECKED), "--json")
    outcomes = {outcome["name"]: outcome for outcome in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert {name for name, outcome in outcomes.items() if not outcome["passed"]} == {"id.maximum", "small"}
    assert (outcomes["id.maximum"]["violations"], outcomes["id.maximum"]["examples"]) == (1, ["id=3"])
    assert outcomes["rowCount"]["value"] == 3
    listed = run("test", "sales.checked", "--file", file(**CHECKED)).stdout
    assert "6 checks, 1 failed" in listed


def test_a_warning_does_not_fail_and_classified_values_are_hidden(lake, run, file):
    lake.create("sales.checked", rows=[{"id": 3, "email": "x"}])
    quality = [{"expression": "email = 'y'", "severity": "warning"}]
    path = file(schema={"email": {"classification": "restricted"}}, quality=quality)
    result = run("test", "sales.checked", "--file", path)
    assert result.exit_code == 0
    assert "email=***" in result.stdout


def test_the_stored_contract_is_tested(run):
    assert run("test", "sales.orders").exit_code == 0
    assert "no contract is stored" in run("test", "sales.items").stderr


@pytest.mark.parametrize("reference", ["orders", "a.b.c", ":sales.orders"])
def test_a_reference_that_names_no_table_is_rejected(run, reference):
    result = run("show", reference)
    assert result.exit_code == 2
    assert "it must be a .yaml file, database.table or STAGE:database.table" in result.stderr
