"""The outcome of a run, as a page to keep in `records/`."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from test.account.sandbox import Sandbox


@dataclass
class Report:
    """What a run found.

    Attributes:
        started: Start of the run, and value of the tag of all resources.
        timeline: Duration of each step in seconds.
        probes: Result of each probe.
        failures: Steps that failed, with their errors.
        left: Resources that exist after the destroy and did not before.
    """

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    timeline: Mapping[str, float] = field(default_factory=dict)
    probes: Mapping[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Time of the run, for example `20261129T042000Z`."""
        return self.started.strftime("%Y%m%dT%H%M%SZ")

    @property
    def is_successful(self) -> bool:
        return not self.failures and not self.left

    def page(self, sandbox: Sandbox) -> str:
        """The report in Markdown, without the ID of the account."""
        versions = ", ".join(f"{name} {version}" for name, version in _versions().items())
        lines = [
            f"# {self.started:%Y-%m-%d %H:%M} UTC, {sandbox.region}: {'passed' if self.is_successful else 'FAILED'}",
            f"\n{versions}; {'emulator' if sandbox.endpoint else 'AWS'}\n",
            "| step | seconds |\n|---|---|",
            *(f"| {step} | {seconds:.0f} |" for step, seconds in self.timeline.items()),
            "\n| only a real account shows | result |\n|---|---|",
            *(f"| {name} | `{result}` |" for name, result in self.probes.items()),
            *(f"\n## Failed: {step}\n\n```text\n{error}\n```" for step, error in self.failures.items()),
            "\n## Left in the account\n",
            *([f"- {entry}" for entry in self.left] or ["nothing"]),
        ]
        return "\n".join(lines).replace(sandbox.account, "ACCOUNT") + "\n"


def _versions() -> dict[str, str]:
    terraform = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=True).stdout
    return {
        "Terraform": terraform.split()[1].removeprefix("v"),
        "datalake-sdk": importlib.metadata.version("datalake-sdk"),
        "Python": platform.python_version(),
    }
