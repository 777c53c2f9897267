"""Command lines of container programs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datalake_sdk.operations.run_in_image.engine import Engine, Family
from datalake_sdk.runtime.process_server import GRACE_SECONDS

PASSWD = "passwd"
VARIABLES = "variables"
_VARIABLES_TARGET = "/run/task_variables"
_GROUP_OF_FILES = "0"
"""Group that can write to the working directory of the image."""


@dataclass(frozen=True)
class User:
    """The calling user.

    Args:
        uid: User id.
        gid: Id of the primary group.
    """

    uid: int
    gid: int

    def __str__(self) -> str:
        return f"{self.uid}:{self.gid}"


@dataclass(frozen=True)
class Container:
    """A container to run.

    Args:
        name: Name of the container.
        image: Name of the image.
        platform: Platform of the image, such as `linux/amd64`.
        command: Program and arguments.
        variables: Environment variables, which may contain credentials.
        home: Home directory of the user.
        folder: Working directory; None is that of the image.
        mounts: Folders of the host, mounted at the same path.
        port: Port to publish on 127.0.0.1.
        replaces_entry_point: Whether the command replaces the entry point of the image.
        has_terminal: Whether the container is attached to the terminal.
    """

    name: str
    image: str
    platform: str
    command: Sequence[str]
    variables: Mapping[str, str]
    home: str
    folder: str | None = None
    mounts: Sequence[Path] = field(default=())
    port: int | None = None
    replaces_entry_point: bool = False
    has_terminal: bool = False


def run_command(engine: Engine, container: Container, user: User, folder: Path) -> list[str]:
    """Returns the command that runs a container in the foreground and removes it.

    The command contains only the names of the variables, since other users can see the arguments of processes. The
    program takes the values from its own environment.

    Args:
        engine: Docker, Podman or a compatible program.
        container: Container to run.
        user: Owner of the files that the container writes.
        folder: Folder that contains the file of `passwd_file`.
    """
    return [
        engine.program,
        "run",
        "--rm",
        "--name",
        container.name,
        "--platform",
        container.platform,
        *_user_options(engine, user, folder / PASSWD),
        *_security_options(engine),
        *_mounts(container),
        *(word for name in container.variables for word in ("--env", name)),
        *("--env", f"HOME={container.home}"),
        *(() if container.port is None else ("--publish", f"127.0.0.1:{container.port}:{container.port}")),
        *(() if container.folder is None else ("--workdir", container.folder)),
        *(("--interactive", "--tty") if container.has_terminal else ()),
        *_image_and_command(container),
    ]


def buildah_command(engine: Engine, container: Container, working_container: str, folder: Path) -> list[str]:
    """Returns the command with which buildah runs a container.

    buildah has no `--env NAME`, so a shell reads the variables from a file. Root in the container is the calling user.

    Args:
        engine: buildah.
        container: Container to run.
        working_container: Name of the working container, which `buildah from` created from the image.
        folder: Folder that contains the file of `variables_file`.
    """
    shell = f'set -a; . {_VARIABLES_TARGET}; set +a; exec "$@"'
    return [
        engine.program,
        "run",
        "--user",
        "0:0",
        "--network",
        "host",
        *_mounts(container),
        *("--volume", f"{folder / VARIABLES}:{_VARIABLES_TARGET}:ro"),
        *(() if container.folder is None else ("--workingdir", container.folder)),
        f"--terminal={str(container.has_terminal).lower()}",
        working_container,
        "--",
        *("sh", "-c", shell, "sh", *container.command),
    ]


def stop_command(engine: Engine, container: Container) -> list[str]:
    """Returns the command that sends SIGTERM to a container, and SIGKILL if it does not end."""
    return [engine.program, "stop", "-t", str(GRACE_SECONDS), container.name]


def passwd_file(container: Container, user: User) -> str:
    """Returns an `/etc/passwd` with the user: Java requires that the user of a process has a name."""
    return f"root:x:0:0:root:/root:/bin/sh\ntask:x:{user}::{container.home}:/bin/sh\n"


def variables_file(container: Container) -> str:
    """Returns the variables of a container as shell assignments."""
    variables = {**container.variables, "HOME": container.home}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def _user_options(engine: Engine, user: User, passwd: Path) -> list[str]:
    if user.uid == 0 or (engine.is_rootless and engine.family is Family.DOCKER):
        # Root of the container is the calling user: https://docs.docker.com/engine/security/rootless/
        return ["--user", "0:0"]
    options = ["--user", str(user), "--group-add", _GROUP_OF_FILES]
    if engine.family is Family.PODMAN:
        # Otherwise the calling user would be root, and other ids would be subordinate ids. Podman adds the user to
        # /etc/passwd itself. https://docs.podman.io/en/stable/markdown/podman-run.1.html#userns-mode
        return ["--userns", "keep-id", *options]
    return [*options, "--volume", f"{passwd}:/etc/passwd:ro"]


def _security_options(engine: Engine) -> list[str]:
    """Disables SELinux labels, so that the lake need not be relabeled; finch and nerdctl have no such option.

    https://docs.podman.io/en/stable/markdown/podman-run.1.html#security-opt-option
    """
    return ["--security-opt", "label=disable"] if engine.program in ("docker", "podman") else []


def _mounts(container: Container) -> list[str]:
    return [word for path in container.mounts for word in ("--volume", f"{path}:{path}")]


def _image_and_command(container: Container) -> list[str]:
    if not container.replaces_entry_point:
        return [container.image, *container.command]
    program, *arguments = container.command
    return ["--entrypoint", program, container.image, *arguments]
