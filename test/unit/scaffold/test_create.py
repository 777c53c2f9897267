from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from datalake_sdk.pipelines.attributes import PIPELINE, SCHEMA


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_a_new_repository_has_all_parts(shop):
    assert files(shop) >= {
        ".editorconfig",
        ".github/workflows/stages.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        "AGENTS.md",
        "Makefile",
        "README.md",
        "pipelines/daily_sales/pipeline.yaml",
        "pipelines/daily_sales/tasks/customer_orders/code/dbt_project.yml",
        "pipelines/daily_sales/tasks/load_orders/code/main.py",
        "pipelines/daily_sales/tasks/load_orders/code/tables_configuration/daily_sales.orders.yaml",
        "pipelines/daily_sales/tasks/orders_by_day/code/main.sql",
        "shared/shop_common/__init__.py",
        "terraform/domain.tf",
        "terraform/pipelines.tf",
    }
    assert [name for name in files(shop) if re.search(r"\[\[ |\[%|\.jinja", name + (shop / name).read_text())] == []


def test_python_files_are_formatted(shop):
    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run([sys.executable, "-m", "ruff", *command, shop], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout


def test_answers_decide_the_content(init, tmp_path):
    answers = {"domain_name": "hr", "region": "us-east-1", "modules": "../platform", "ci": "gitlab"}
    data = [option for name, value in answers.items() for option in ("--data", f"{name}={value}")]
    assert init("My-Team", "--defaults", *data).exit_code == 0
    folder = tmp_path / "My-Team"
    terraform = (folder / "terraform/domain.tf").read_text()
    assert 'source = "../platform/domain_factory"' in terraform
    assert 'project_name   = "my_team"' in terraform
    assert 'bucket       = "my-team-terraform-states"' in (folder / "terraform/terraform.tf").read_text()
    assert "AWS_REGION: us-east-1" in (folder / ".gitlab-ci.yml").read_text()
    assert yaml.safe_load((folder / "pipelines/daily_hr/pipeline.yaml").read_text())["pipeline_name"] == "daily_hr"
    assert not (folder / ".github").exists()


def test_actions_of_ci_are_pinned_to_commits(shop):
    used = re.findall(r"uses: (\S+)", (shop / ".github/workflows/stages.yml").read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


def test_terraform_passes_every_attribute_of_a_pipeline_file(shop):
    code = (shop / "terraform/pipelines.tf").read_text()
    assert set(re.findall(r"each\.value\.(\w+)", code)) == SCHEMA[PIPELINE].all
    known = re.search(r"pipeline_attributes = \[(.*?)\]", code)[1]
    assert set(re.findall(r"\w+", known)) == SCHEMA[PIPELINE].all


def test_the_modules_may_be_a_checkout_beside_the_repository(init, tmp_path):
    (tmp_path / "platform/domain_factory").mkdir(parents=True)
    assert init("shop", "--defaults", "--data", "modules=../../platform").exit_code == 0
    assert 'source = "../../platform/domain_factory"' in (tmp_path / "shop/terraform/domain.tf").read_text()


@pytest.mark.parametrize(
    "modules", ["git@git.example.com:platform.git", "ssh://git@git.example.com/platform", "github.com/shop/platform"]
)
def test_the_modules_may_be_at_any_address_of_git_that_terraform_knows(init, tmp_path, modules):
    assert init("shop", "--defaults", "--data", f"modules={modules}").exit_code == 0
    assert f'"git::{modules}//domain_factory?ref=' in (tmp_path / "shop/terraform/domain.tf").read_text()


def test_a_git_url_is_pinned_to_the_version_of_the_sdk(init, tmp_path):
    assert init("shop", "--defaults", "--data", "modules=https://git.example.com/p.git").exit_code == 0
    source = r'source += "git::https://git.example.com/p.git//pipeline_factory\?ref=v\d+\.\d+\.\d+"'
    assert re.search(source, (tmp_path / "shop/terraform/pipelines.tf").read_text())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shop",), "Cannot ask questions without a terminal. Pass --defaults"),
        (("1shop", "--defaults"), "NAME is '1shop'; it must be letters, digits"),
        (("there", "--defaults"), "/there' already exists"),
        (("shop", "--defaults", "--data", "stage=dev"), "--data has 'stage'; the questions are project_name,"),
        (("shop", "--defaults", "--data", "sdk_version=2"), "--data has 'sdk_version'"),
        (("shop", "--defaults", "--data", "region"), "--data is 'region'; it must be NAME=VALUE"),
        (("shop", "--defaults", "--data", "region=Paris"), "it must be an AWS region"),
        (("shop", "--defaults", "--data", "domain_name=Sales"), "it must be lowercase letters, digits"),
        (("shop", "--defaults", "--data", "ci=jenkins"), "Invalid choice"),
        *(
            (("shop", "--defaults", "--data", f"modules={modules}"), "it must be a Git URL, such as")
            for modules in ("/platform", "platform", "example.com/a/b", "https://a/b?ref=v1", "https://", ".hidden")
        ),
        (
            ("shop", "--defaults", "--data", "modules=../../platfrom"),
            "modules is '../../platfrom'; it must be the path of a checkout from the folder terraform, but '/",
        ),
        (("shop", "--defaults", "--type", "sql"), "--pipeline and --type are options of `init task NAME`"),
        (("task", "load", "--defaults"), "--data and --defaults are options of"),
        (("shop", "--update"), "Pass one of: NAME, task NAME, pipeline NAME, --update"),
        (("task",), "Pass one of: NAME, task NAME, pipeline NAME, --update"),
        (("task", "load"), "contains .scaffold.json, which `datalake_sdk init NAME` creates"),
        (("--update",), "contains .scaffold.json, which `datalake_sdk init NAME` creates"),
    ],
)
def test_an_invalid_call_changes_nothing(init, tmp_path, arguments, message):
    (tmp_path / "there").mkdir()
    result = init(*arguments)
    assert (result.exit_code, message in " ".join(result.output.split())) == (2, True), result.output
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_the_missing_extra_is_named(init, monkeypatch):
    monkeypatch.setitem(sys.modules, "copier", None)
    result = init("shop", "--defaults")
    assert (result.exit_code, "pip install 'datalake-sdk[init]'" in result.output) == (2, True)


def test_an_interruption_leaves_nothing(init, tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupt)
    assert init("shop", "--defaults").exit_code == 130
    assert list(tmp_path.iterdir()) == []
