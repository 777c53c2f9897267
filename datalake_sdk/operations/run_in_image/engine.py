"""The container program of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum

from datalake_sdk.errors import ContainerEngineError, NoContainerProgramError

PROGRAMS = ("docker", "podman", "finch", "nerdctl", "buildah")
"""Values of `container_cli` in the Terraform modules, in order of preference."""


class Family(StrEnum):
    """Families of programs that accept the same options."""

    DOCKER = "docker"
    PODMAN = "podman"
    BUILDAH = "buildah"


@dataclass(frozen=True)
class Engine:
    """A container program.

    Args:
        program: Name of the program.
        family: Family whose options it accepts.
        is_rootless: Whether it runs in a user namespace, in which root is the calling user.
    """

    program: str
    family: Family
    is_rootless: bool


def find_engine(given: str | None) -> Engine:
    """Returns the selected container program, or the first supported one that is installed.

    Raises:
        NoContainerProgramError: The program is not installed.
        ContainerEngineError: The program does not work, for example because its engine is not running.
    """
    program = _program(given)
    if program == Family.BUILDAH:
        return Engine(program, Family.BUILDAH, is_rootless=os.geteuid() != 0)
    # Distributions install Podman as `docker`, too: https://packages.debian.org/stable/podman-docker
    if "podman" in _command_output(program, "--version"):
        return Engine(program, Family.PODMAN, is_rootless=os.geteuid() != 0)
    # https://docs.docker.com/engine/security/rootless/
    options = _command_output(program, "info", "--format", "{{json .SecurityOptions}}")
    return Engine(program, Family.DOCKER, is_rootless="name=rootless" in options)


def _program(given: str | None) -> str:
    for program in PROGRAMS if given is None else (given,):
        if shutil.which(program):
            return program
    raise NoContainerProgramError(given, PROGRAMS)


def _command_output(program: str, *arguments: str) -> str:
    completed = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if completed.returncode:
        lines = completed.stderr.strip().splitlines()
        raise ContainerEngineError(program, lines[-1] if lines else f"exit code {completed.returncode}")
    return completed.stdout
