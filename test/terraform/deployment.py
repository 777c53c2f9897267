"""The complete examples on the emulator: a domain and its pipeline, and further domains beside them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from test.emulator import Emulator
from test.terraform.terraform import Terraform
from test.terraform.workspace import container_engine, copy_repository

Pipeline = dict[str, Any]


class Deployment:
    """The examples in a copy of the repository, until `stop`.

    Args:
        aws: Where they are applied.
        folder: An empty folder, for the copy.

    Attributes:
        domain: `domain_factory/examples/complete`.
        pipeline: `pipeline_factory/examples/complete`.
        original: A domain and two pipelines written in the original framework's interface.
        timeline: Seconds of each step, in order.
    """

    def __init__(self, aws: Emulator, folder: Path) -> None:
        (folder / "images").mkdir()
        (folder / "repository").mkdir()
        self._environment = {**aws.environment, **container_engine(folder / "images")}
        self._repository = copy_repository(folder / "repository")
        self._providers = ExitStack()
        self.timeline: dict[str, float] = {}
        self.domain = self.root("domain_factory/examples/complete")
        self.pipeline = self.root("pipeline_factory/examples/complete")
        self.original = self.root("test/contract/original_interface/repository")

    def root(self, path: str, **variables: str) -> Terraform:
        """A root module of the copy, which uses the emulator, with other environment variables."""
        terraform = Terraform(self._repository / path, {**self._environment, **variables})
        terraform.use_emulator()
        return terraform

    def another_stage(self, stage_name: str) -> Terraform:
        """The minimal example of a domain with another stage."""
        minimal = self._repository / "domain_factory/examples/minimal"
        other = shutil.copytree(minimal, minimal.with_name(stage_name))
        return self.root(str(other), TF_VAR_stage_name=stage_name)

    def init(self, *roots: Terraform) -> None:
        """Initialises root modules, each with a provider that it keeps."""
        at_once(*(root.init for root in roots))
        for root in roots:
            self._providers.enter_context(root.kept_provider())

    def stop(self) -> None:
        self._providers.close()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Notes how long something takes."""
        started = time.monotonic()
        yield
        self.timeline[name] = time.monotonic() - started

    @contextmanager
    def edited_pipeline(self) -> Iterator[Pipeline]:
        """pipeline.yaml of the complete example, written back when the block ends."""
        file = self.pipeline.folder / "pipeline.yaml"
        pipeline = yaml.safe_load(file.read_text())
        yield pipeline
        file.write_text(yaml.safe_dump(pipeline))

    def add_task_folder(self, name: str, code: str) -> None:
        """A folder `tasks/{name}` beside those of the complete example."""
        folder = self.pipeline.folder / "tasks" / name
        (folder / "code").mkdir(parents=True)
        (folder / "code/main.py").write_text(code)
        (folder / "requirements.txt").touch()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs calls beside each other, most of which wait; returns what they return."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
