"""`python -m test.terraform.figures`: time and memory of a domain and of pipelines with 3 and 30 tasks, as Markdown.

Times are those of complete commands; during most of an apply or a destroy the provider waits. Memory is the peak of
terraform and its provider together.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from test.emulator import Emulator
from test.terraform.deployment import Deployment
from test.terraform.terraform import Terraform

_TASKS = (3, 30)
_POLL_INTERVAL_SECONDS = 0.05
_PAGE_BYTES = 4096


@dataclass
class Figures:
    """Figures of a root module; times in seconds, memory in MB."""

    name: str
    resources: int
    plan: float
    plan_memory: float
    apply: float
    plan_again: float
    destroy: float = 0
    task_policy: str = ""


def main() -> None:
    """Prints a table with one row per root module."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as aws:
        deployment = Deployment(aws, Path(folder))
        deployment.apply_roles()
        domain = applied("domain", deployment.domain)
        pipelines = [pipeline(aws, deployment, count) for count in _TASKS]
        domain.destroy = seconds(deployment.domain.destroy)
    sys.stdout.write("| | resources | plan s | plan MB | apply s | plan again s | destroy s |\n" + "|---" * 7 + "|\n")
    for row in (domain, *pipelines):
        times = " | ".join(f"{value:.1f}" for value in (row.apply, row.plan_again, row.destroy))
        sys.stdout.write(f"| {row.name} | {row.resources} | {row.plan:.1f} | {row.plan_memory:.0f} | {times} |\n")
    sys.stdout.write(f"\nThe policy of a task's role:\n\n```json\n{pipelines[0].task_policy}\n```\n")


def pipeline(aws: Emulator, deployment: Deployment, count: int) -> Figures:
    """Applies and destroys the complete pipeline with `count` copies of its first task instead of its tasks."""
    with deployment.edited_pipeline() as edited:
        task = next(iter(edited["tasks"].values()))
        edited["tasks"] = {
            f"load_{number}": {
                **task,
                "output_tables": {f"daily_sales.orders_{number}": {"ingestion_mode": "overwrite"}},
            }
            for number in range(1, count + 1)
        }
    figures = applied(f"pipeline of {count} tasks", deployment.pipeline)
    figures.task_policy = task_policy(aws, "load_1")
    figures.destroy = seconds(deployment.pipeline.destroy)
    return figures


def task_policy(aws: Emulator, task: str) -> str:
    """The inline policies of a task's role, as JSON."""
    iam = aws.client("iam")
    role = next(role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].endswith(f"_{task}"))
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return "\n".join(json.dumps(document, indent=2) for document in documents)


def applied(name: str, root: Terraform) -> Figures:
    """Plans, applies and plans again."""
    root.init()
    with peak_memory() as peak:
        planned = seconds(root.drift)
    applying, again = seconds(root.apply), seconds(root.drift)
    return Figures(name, len(root.resources()), planned, max(peak) / 1e6, applying, again)


def seconds(call: Callable[[], object]) -> float:
    """Returns the duration of a call."""
    started = time.monotonic()
    call()
    return time.monotonic() - started


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Samples the memory of terraform and its providers, in bytes."""
    samples, stop = [0], threading.Event()

    def sample() -> None:
        while not stop.wait(_POLL_INTERVAL_SECONDS):
            samples.append(_resident_bytes())

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        yield samples
    finally:
        stop.set()
        watcher.join()


def _resident_bytes() -> int:
    """Resident memory of all terraform processes below this one."""
    parents, pages = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
            parents[process.name] = rest.split()[1]
            pages[process.name] = int((process / "statm").read_text().split()[1]) if name.startswith("terraform") else 0
    return sum(pages[process] for process in pages if _is_below(process, str(os.getpid()), parents)) * _PAGE_BYTES


def _is_below(process: str, ancestor: str, parents: Mapping[str, str]) -> bool:
    while process in parents and process != ancestor:
        process = parents[process]
    return process == ancestor


if __name__ == "__main__":
    main()
