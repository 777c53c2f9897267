"""Runs a container in the foreground, and stops it if the caller is interrupted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from datalake_sdk.errors import ContainerEngineError
from datalake_sdk.operations.run_in_image.container import (
    PASSWD,
    VARIABLES,
    Container,
    User,
    buildah_command,
    passwd_file,
    run_command,
    stop_command,
    variables_file,
)
from datalake_sdk.operations.run_in_image.engine import Engine, Family
from datalake_sdk.operations.run_pipeline.processes import end_process


def run_container(engine: Engine, container: Container, timeout_seconds: float | None = None) -> int | None:
    """Runs a container that writes to the stdout and stderr of this process.

    Args:
        engine: Container program.
        container: Container to run.
        timeout_seconds: Time after which it is stopped.

    Returns:
        Exit code of the container; None after the timeout.

    Raises:
        ContainerEngineError: The container cannot be created.
    """
    user = User(os.geteuid(), os.getegid())
    # The folder can be read only by its owner.
    with TemporaryDirectory(prefix="datalake_sdk-container-") as name:
        folder = Path(name)
        if engine.family is Family.BUILDAH:
            (folder / VARIABLES).write_text(variables_file(container), encoding="utf-8")
            with _working_container(engine, container) as working_container:
                command = buildah_command(engine, container, working_container, folder)
                return _run(engine, container, command, os.environ, timeout_seconds)
        (folder / PASSWD).write_text(passwd_file(container, user), encoding="utf-8")
        command = run_command(engine, container, user, folder)
        return _run(engine, container, command, {**os.environ, **container.variables}, timeout_seconds)


@contextmanager
def _working_container(engine: Engine, container: Container) -> Iterator[str]:
    created = subprocess.run([engine.program, "from", container.image], capture_output=True, text=True, check=False)
    if created.returncode:
        raise ContainerEngineError(engine.program, created.stderr.strip())
    working_container = created.stdout.strip()
    try:
        yield working_container
    finally:
        subprocess.run([engine.program, "rm", working_container], stdout=subprocess.DEVNULL, check=False)


def _run(
    engine: Engine,
    container: Container,
    command: list[str],
    variables: Mapping[str, str],
    timeout_seconds: float | None,
) -> int | None:
    # In a new session, Ctrl-C only reaches this process, which then stops the container.
    process = subprocess.Popen(
        command,
        env=variables,
        stdin=None if container.has_terminal else subprocess.DEVNULL,
        start_new_session=not container.has_terminal,
    )
    try:
        return process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        _stop(engine, container, process)
        return None
    except BaseException:
        _stop(engine, container, process)
        raise


def _stop(engine: Engine, container: Container, process: subprocess.Popen[bytes]) -> None:
    """Stops the container, which also ends the program; ending only the program may leave the container running."""
    if engine.family is not Family.BUILDAH and _is_stopped(engine, container):
        process.wait()
    elif container.has_terminal:
        process.terminate()
        process.wait()
    else:
        end_process(process)


def _is_stopped(engine: Engine, container: Container) -> bool:
    """Stops a container; returns false if it has not been created yet."""
    return subprocess.run(stop_command(engine, container), capture_output=True, check=False).returncode == 0
