"""The jobs of GitLab CI refer to stages, jobs, environments and programs that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from doc_resources.site import FOLDER

REPOSITORY = Path(__file__).parents[2]
STAGES = ["check", "test", "security", "deploy", "run_integration_tests", "destroy", "release"]
GLOBAL_KEYWORDS = {"stages", "default", "variables"}


class Loader(yaml.SafeLoader):
    """Reads `!reference [job, keyword]` as a list."""


Loader.add_constructor("!reference", Loader.construct_sequence)


@pytest.fixture(scope="module")
def configuration():
    return yaml.load((REPOSITORY / ".gitlab-ci.yml").read_text(encoding="utf-8"), Loader)


@pytest.fixture(scope="module")
def jobs(configuration):
    """Jobs by name, without templates, with the keywords that they inherit."""
    names = [name for name in configuration if name not in GLOBAL_KEYWORDS and not name.startswith(".")]
    return {name: extended(configuration, configuration[name]) for name in names}


def extended(configuration, job):
    base = extended(configuration, configuration[job["extends"]]) if "extends" in job else {}
    return {**base, **job, "variables": {**base.get("variables", {}), **job.get("variables", {})}}


def lines(job):
    """The commands of a job."""
    commands = [*job.get("before_script", []), *([job["script"]] if isinstance(job["script"], str) else job["script"])]
    return [command for command in commands if isinstance(command, str)]


def test_every_stage_has_a_job_and_every_job_a_stage(configuration, jobs):
    assert configuration["stages"] == STAGES
    assert {job["stage"] for job in jobs.values()} == set(STAGES)


def test_jobs_need_existing_jobs(jobs):
    assert {need for job in jobs.values() for need in job.get("needs", [])} <= set(jobs)


def test_a_deployed_stage_is_destroyed_in_any_case(jobs):
    deploy, destroy = jobs["deploy"], jobs[jobs["deploy"]["environment"]["on_stop"]]
    assert destroy["environment"] == {"name": deploy["environment"]["name"], "action": "stop"}
    (rule,) = destroy["rules"]
    assert rule == {**deploy["rules"][0], "when": "always"}
    assert STAGES.index(destroy["stage"]) > STAGES.index(jobs["run_integration_tests"]["stage"])
    assert len({job["resource_group"] for job in (deploy, destroy, jobs["run_integration_tests"])}) == 1


def test_all_jobs_of_a_stage_use_the_name_of_its_branch(jobs):
    for name in ("deploy", "run_integration_tests", "destroy"):
        variables = jobs[name]["variables"]
        assert {variables["STAGE_NAME"], variables["TF_VAR_stage_name"]} == {"$CI_COMMIT_REF_SLUG"}


def test_jobs_run_existing_programs_and_targets(jobs):
    commands = [command for job in jobs.values() for command in lines(job)]
    files = {file for command in commands for file in re.findall(r"(?<!\S)((?:\.ci|test)/[\w./-]+)", command)}
    created = {"test/backend_override.tf", ".ci/semantic_release/node_modules/.bin/semantic-release"}
    assert {file for file in files - created if not (REPOSITORY / file).exists()} == set()
    targets = {target for command in commands for target in re.findall(r"^make (\w+)$", command)}
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert targets == {"check", "build", "install", "site"}
    assert {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_the_site_that_is_built_is_published_from_the_default_branch(jobs):
    pages = jobs["pages"]
    assert pages["script"] == "make site"
    assert (REPOSITORY / pages["pages"]["publish"]).parent == FOLDER
    assert pages["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]
    assert pages["variables"].keys() == {"SITE_URL", "SITE_SOURCE_URL"}


@pytest.mark.parametrize("program", ["audit_dependencies", "build_release"])
def test_programs_list_the_packages_of_every_extra_that_users_install(program):
    content = (REPOSITORY / ".ci" / program).read_text(encoding="utf-8")
    (arguments,) = re.findall(r"locked_requirements\.py ([\w ]+)", content)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(arguments.split()) == project["optional-dependencies"].keys() - {"bench", "dev"}


def test_dependencies_and_secrets_are_checked_on_github_too(jobs):
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/check.yml").read_text(encoding="utf-8"))["jobs"]
    assert workflow["dependencies"]["steps"][-1]["run"] == jobs["dependencies"]["script"]
    image, command = jobs["secrets"]["image"]["name"], jobs["secrets"]["script"]
    assert workflow["secrets"]["steps"][-1]["run"].endswith(command.replace("gitleaks", image, 1))
    assert workflow["secrets"]["steps"][0]["with"]["fetch-depth"] == jobs["secrets"]["variables"]["GIT_DEPTH"] == 0


def test_programs_that_release_are_installed_from_lock_files(jobs):
    assert lines(jobs["release"])[0].startswith("npm ci --prefix .ci/semantic_release ")
    installed = re.findall(r"pip\" install (.*?)\n\S", (REPOSITORY / ".ci/build_release").read_text(), re.DOTALL)
    assert ["--require-hashes" in options for options in installed] == [True]


def test_terraform_variables_exist(jobs):
    declared = re.findall(
        r'^variable "(\w+)"', (REPOSITORY / "test/variables.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    given = {name.removeprefix("TF_VAR_") for job in jobs.values() for name in job["variables"] if "TF_VAR_" in name}
    assert given <= set(declared)
