"""Runs the commands of README.md's tour again and replaces the output shown there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

README = Path(__file__).parent.parent / "README.md"
STEP = re.compile(r"```sh\n(?P<commands>[^`]*)```\n\n```text\n(?P<output>[^`]*)```\n")
"""A block of commands, followed by a block with their output."""


def rerun(page: str) -> str:
    """Returns the page with the output of each step replaced by that of a run in a new folder."""
    steps = list(STEP.finditer(page))
    outputs = iter(run([step["commands"] for step in steps]))
    return STEP.sub(lambda step: f"```sh\n{step['commands']}```\n\n```text\n{next(outputs)}```\n", page)


def run(steps: list[str]) -> list[str]:
    """Returns the output of each step. All steps run in one shell, which exits at the first failure."""
    script = "\n".join(f"{step}\nprintf '\\0'" for step in steps)
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with TemporaryDirectory() as folder:
        shell = subprocess.run(
            ["bash", "-euc", script], cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
    return shell.stdout.split("\0")[:-1]


if __name__ == "__main__":
    README.write_text(rerun(README.read_text(encoding="utf-8")), encoding="utf-8")
