"""Applies, executes, changes and destroys the complete examples in an account."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from test.account.checks import MORE_MEMORY_CHANGES, check_rows, execute, expect, more_memory
from test.account.cleaning import deregister_task_definitions, stop_applications
from test.account.probes import probe
from test.account.report import Report
from test.account.sandbox import RUN_TAG, Sandbox
from test.terraform.deployment import Examples
from test.terraform.inventory import inventory
from test.terraform.terraform import EMULATOR_SETTINGS

Step = Callable[[], object]


def run(sandbox: Sandbox, folder: Path, interrupted: Event) -> Report:
    """Runs all steps, and destroys what they created, also after a failure or an interruption.

    Args:
        sandbox: A confirmed account.
        folder: An empty folder for a copy of the repository and the states of Terraform.
        interrupted: Once set, the current step ends, and only the destroy follows.

    Returns:
        The report; errors of AWS and of Terraform are part of it.
    """
    report = Report()
    before = inventory(sandbox)
    examples = Examples(_environment(sandbox), folder, _overrides(sandbox, report))
    report.timeline = examples.timeline
    steps = _Steps(examples, report)
    try:
        if steps.all_succeed(_creation(examples), interrupted):
            steps.run_each(_checks(sandbox, examples), interrupted)
            report.probes = probe(sandbox)
    finally:
        steps.run_each(_destruction(sandbox, examples), Event())
        examples.stop()
        report.left = sorted(entry for entry in inventory(sandbox) - before if not _is_expected(entry))
    return report


def _creation(examples: Examples) -> Mapping[str, Step]:
    return {
        "init": lambda: examples.init(examples.domain, examples.pipeline),
        "apply domain": examples.domain.apply,
        "apply pipeline": examples.pipeline.apply,
    }


def _checks(sandbox: Sandbox, examples: Examples) -> Mapping[str, Step]:
    return {
        "second plan of the domain": lambda: expect("", examples.domain.drift()),
        "second plan of the pipeline": lambda: expect("", examples.pipeline.drift()),
        "execution": lambda: execute(sandbox, examples.pipeline.output()["state_machine_arn"]),
        "queries": lambda: check_rows(sandbox),
        "plan of more memory": lambda: expect(MORE_MEMORY_CHANGES, more_memory(examples)),
        "apply of more memory": examples.pipeline.apply_plan,
    }


def _destruction(sandbox: Sandbox, examples: Examples) -> Mapping[str, Step]:
    roots = {"destroy pipeline": examples.pipeline, "destroy domain": examples.domain}
    return {
        "stop applications": lambda: stop_applications(sandbox),
        **{name: root.destroy for name, root in roots.items() if (root.folder / "terraform.tfstate").exists()},
        "deregister task definitions": lambda: deregister_task_definitions(sandbox),
    }


class _Steps:
    """Runs steps, and records their durations and failures."""

    def __init__(self, examples: Examples, report: Report) -> None:
        self._examples = examples
        self._report = report

    def all_succeed(self, steps: Mapping[str, Step], interrupted: Event) -> bool:
        """Runs steps until one fails."""
        return all(self._succeeds(name, step, interrupted) for name, step in steps.items())

    def run_each(self, steps: Mapping[str, Step], interrupted: Event) -> None:
        """Runs all steps, also after one that fails."""
        for name, step in steps.items():
            self._succeeds(name, step, interrupted)

    def _succeeds(self, name: str, step: Step, interrupted: Event) -> bool:
        if interrupted.is_set():
            self._report.failures.setdefault(name, "not run: interrupted")
            return False
        sys.stderr.write(f"{name} …\n")
        try:
            with self._examples.step(name):
                step()
        except Exception as error:
            self._report.failures[name] = f"{type(error).__name__}: {error}"
            sys.stderr.write(f"{name} failed: {error}\n")
        return name not in self._report.failures


def _environment(sandbox: Sandbox) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "TF_CLI_ARGS", "TF_VAR_"))}
    return {**given, "AWS_REGION": sandbox.region, "TF_VAR_stage_name": sandbox.stage_name}


def _overrides(sandbox: Sandbox, report: Report) -> dict[str, str]:
    """Provider settings: the tag of all resources, and what the emulator requires."""
    tags = {"account": f'  default_tags {{\n    tags = {{ {RUN_TAG} = "{report.name}" }}\n  }}\n'}
    return tags if sandbox.endpoint is None else {**tags, "emulator": EMULATOR_SETTINGS}


def _is_expected(entry: str) -> bool:
    """Whether AWS keeps a resource after the destroy: its own roles, and subscriptions until they expire."""
    kind, name = entry.rsplit(" ", 1)
    if kind == "sns Subscriptions":
        return name in ("PendingConfirmation", "Deleted")
    return kind == "iam Roles" and name.startswith("AWSServiceRoleFor")
