"""Errors of tasks that run in their images on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, UsageError


class NoContainerProgramError(UsageError):
    """A container program is not installed.

    Args:
        given: Name of the selected program; None if any would do.
        programs: Supported programs.
    """

    def __init__(self, given: str | None, programs: Sequence[str]) -> None:
        names = f"{', '.join(programs[:-1])} or {programs[-1]}"
        super().__init__(
            f"none of the programs {names} is on PATH"
            if given is None
            else f"container_cli is '{given}', but this program is not on PATH",
            hint="Install Docker (https://docs.docker.com/engine/install/) or Podman (https://podman.io/docs/installation)."
            if given is None
            else f"Install it, or set --container-cli or CONTAINER_CLI to {names}.",
        )


class ContainerEngineError(TerminalError):
    """A container program is installed, but does not work."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(
            f"{program} does not work: {reason}",
            hint="Check that its engine is running, or select another program with --container-cli.",
        )


class ImageBuildError(TerminalError):
    """The image of a task cannot be built.

    Args:
        task: Name of the task.
        program: Container program.
        dockerfile: Path of the Dockerfile.
    """

    def __init__(self, task: str, program: str, dockerfile: object) -> None:
        super().__init__(
            f"{program} cannot build the image of task '{task}' from {dockerfile}",
            hint="See the error above. If the base image cannot be pulled, pass another one with --base-image. "
            "Packages come from the index that pip is configured with.",
        )


class PipConfigurationError(UsageError):
    """A pip configuration file is invalid."""

    def __init__(self, file: object, reason: str) -> None:
        super().__init__(
            f"{file} is not a valid pip configuration: {reason}".splitlines()[0],
            hint="Images install packages from the index in it. Check it with: pip config debug",
        )


class ImageTaskError(TerminalError):
    """A task failed in its image."""

    def __init__(self, task: str, reason: str, hint: str) -> None:
        super().__init__(f"task '{task}': {reason}", hint=hint)


class NoDeclaredTaskError(UsageError):
    """No pipeline file declares the task in a folder."""

    def __init__(self, folder: object, file: str) -> None:
        super().__init__(
            f"no {file} above '{folder}' contains a task with this path",
            hint=f"Pass the folder of a task, and add the task to {file} in a folder above it.",
        )
