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
    """Programs with the same options."""

    DOCKER = "docker"
    PODMAN = "podman"
    BUILDAH = "buildah"


@dataclass(frozen=True)
class Engine:
    """A container program.

    Args:
        program: Its name.
        family: Whose options it has.
        is_rootless: Whether it runs in a user namespace, in which root is the calling user.
    """

    program: str
    family: Family
    is_rootless: bool


def find_engine(given: str | None) -> Engine:
    """Returns the given program, or the first one that is installed.

    Raises:
        NoContainerProgramError: It is not installed.
        ContainerEngineError: It does not work, for example because its engine is not running.
    """
    program = _program(given)
    if program == Family.BUILDAH:
        return Engine(program, Family.BUILDAH, is_rootless=os.geteuid() != 0)
    # Distributions install Podman as `docker`, too: https://packages.debian.org/stable/podman-docker
    if "podman" in _printed(program, "--version"):
        return Engine(program, Family.PODMAN, is_rootless=os.geteuid() != 0)
    # https://docs.docker.com/engine/security/rootless/
    options = _printed(program, "info", "--format", "{{json .SecurityOptions}}")
    return Engine(program, Family.DOCKER, is_rootless="name=rootless" in options)


def _program(given: str | None) -> str:
    for program in PROGRAMS if given is None else (given,):
        if shutil.which(program):
            return program
    raise NoContainerProgramError(given, PROGRAMS)


def _printed(program: str, *arguments: str) -> str:
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines()
        raise ContainerEngineError(program, lines[-1] if lines else f"exit code {ended.returncode}")
    return ended.stdout
