"""A substitute for docker: runs the command of a container as a process, in the folder of the build context.

It accepts the options that docker documents and that the SDK uses, and rejects others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

RUN_OPTIONS = {
    "--entrypoint",
    "--env",
    "--group-add",
    "--name",
    "--platform",
    "--publish",
    "--security-opt",
    "--user",
    "--volume",
    "--workdir",
}
RUN_FLAGS = {"--interactive", "--rm", "--tty"}
BUILD_OPTIONS = {"--build-arg", "--file", "--platform", "--secret", "--tag"}


def install(folder: Path) -> Path:
    """Installs the substitute as `docker`.

    Args:
        folder: Folder for the program, its log `commands` and the last build context. If it contains a file
            `exit_code`, containers end with it.

    Returns:
        Folder with the program.
    """
    program = folder / "bin/docker"
    program.parent.mkdir(parents=True)
    here = Path(__file__).parents[2]
    code = f"import sys; sys.path.insert(0, {str(here)!r}); from {__name__} import main; main({str(folder)!r})"
    program.write_text(f"#!{sys.executable}\n{code}\n", encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def main(folder: str) -> None:
    """Runs a command of the program."""
    command, *words = sys.argv[1:]
    with Path(folder, "commands").open("a", encoding="utf-8") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    match command:
        case "--version":
            sys.stdout.write("Docker version 28.2.2, build e6534b4\n")
        case "info":
            sys.stdout.write('["name=seccomp,profile=builtin"]\n')
        case "login":
            sys.stdin.read()
        case "build":
            _build(Path(folder), words)
        case "run" if (prepared := Path(folder, "exit_code")).exists():
            sys.exit(int(prepared.read_text()))
        case "run":
            _run(Path(folder), words)
        case "stop":
            sys.exit("Error response from daemon: No such container")
        case _:
            sys.exit(f"docker: unknown command: docker {command}")


def _build(folder: Path, words: Sequence[str]) -> None:
    given, arguments = _options(words, BUILD_OPTIONS, frozenset())
    context = folder / "context"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(arguments[0], context)
    dockerfile = Path(given["--file"][0]).read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (?:--\S+ )*(\S+) \S+$", dockerfile, re.MULTILINE):
        if not (context / copied).exists():
            sys.exit(f'failed to compute cache key: "/{copied}": not found')
    (folder / "default_command").write_text("".join(re.findall(r"^CMD (.*)$", dockerfile, re.MULTILINE)))
    if any("BASE_IMAGE=missing" in value for value in given["--build-arg"]):
        sys.exit("pull access denied for missing")


def _run(folder: Path, words: Sequence[str]) -> None:
    given, (_image, *command) = _options(words, RUN_OPTIONS, RUN_FLAGS)
    program, *arguments = command or json.loads((folder / "default_command").read_text())
    variables = dict(each.partition("=")[::2] if "=" in each else (each, os.environ[each]) for each in given["--env"])
    # Requests of the container reach the emulator, as they would reach AWS.
    variables |= {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
    variables |= {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    os.chdir(folder / "context")
    if program == "python":
        os.execve(sys.executable, [sys.executable, *arguments], variables)
    os.execvpe(program, [program, *arguments], {**variables, "PATH": os.environ["PATH"]})


def _options(
    words: Sequence[str], options: set[str], flags: set[str] | frozenset[str]
) -> tuple[dict[str, list[str]], list[str]]:
    given: dict[str, list[str]] = {}
    remaining = list(words)
    while remaining and remaining[0].startswith("-"):
        name = remaining.pop(0)
        if name in options:
            given.setdefault(name, []).append(remaining.pop(0))
        elif name not in flags:
            sys.exit(f"unknown flag: {name}")
    return given, remaining
