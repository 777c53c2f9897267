"""Local processes in place of containers: started in an image's folder, monitored, and killed on reset."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from test.emulator.access import ServiceRole, assume_as_service
from test.emulator.patching import ServicePatches
from test.emulator.warm_python import WarmProcess, runs_python

PATCHES = ServicePatches("processes")

OnLine = Callable[[str, str], None]
"""Called with "stdout" or "stderr" and a line, as soon as the process writes the line."""


class CannotStartError(Exception):
    """A container cannot be started; the message has the service's wording."""


@dataclass(frozen=True)
class Image:
    """A folder that replaces a container image.

    Attributes:
        folder: The working directory of its containers.
        environment: ENV of the image.
        entry_point: ENTRYPOINT of the image.
        command: CMD of the image.
        launcher: Program that runs a command, its arguments, in a container of the image with its own environment
            variables; empty if there is only the folder.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    launcher: Sequence[str] = ()


# Bounds the wait for output: a descendant that left the session keeps the pipe open and cannot be killed here.
_SECONDS_TO_READ = 5

_images: dict[str, Image] = {}
_running: set[LocalProcess] = set()
_workers: set[threading.Thread] = set()
_lock = threading.RLock()
_stopping = False
_containers = threading.Event()


@PATCHES.command
def add_image(
    name: str,
    folder: str,
    environment: Mapping[str, str] | None = None,
    entry_point: Sequence[str] = (),
    command: Sequence[str] = (),
    launcher: Sequence[str] = (),
) -> None:
    """Registers the folder that replaces an image; the tag and the registry are optional in its name."""
    _images[name] = Image(Path(folder), environment or {}, entry_point, command, launcher)


@PATCHES.command
def use_containers(enabled: bool) -> None:
    """Selects whether ECS runs images that have a launcher in containers or, like all others, as local processes."""
    _containers.set() if enabled else _containers.clear()


def runs_in_container(image: Image) -> bool:
    """Whether a task runs in a container of its image."""
    return bool(image.launcher) and _containers.is_set()


def image_of(reference: str) -> Image:
    """Returns the image referenced by a container definition.

    Raises:
        CannotStartError: No folder is registered for the image.
    """
    tag = reference.rfind(":")
    repository = (
        reference.split("@")[0] if "@" in reference else reference[: tag if tag > reference.rfind("/") else None]
    )
    for name in (reference, repository, reference.partition("/")[2], repository.partition("/")[2]):
        if name in _images:
            return _images[name]
    raise CannotStartError(
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {reference}: not found"
    )


def container_environment(role: ServiceRole | None, session_name: str, region: str) -> dict[str, str]:
    """Returns the environment variables of every container; without a role, it has no credentials.

    Raises:
        RoleNotAssumableError: The role does not exist or does not trust the service.
    """
    credentials = assume_as_service(role, session_name).environment if role else {}
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "SSL_CERT_FILE") if name in os.environ}
    return {
        **inherited,
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **credentials,
    }


class LocalProcess:
    """A process that replaces a container; when it exits, all its descendants are killed.

    Attributes:
        pid: Process id, also of the group of its descendants.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, on_line: OnLine) -> None:
        self._killer: threading.Thread | None = None
        with _lock:
            if _stopping:
                raise CannotStartError("The emulator is being reset")
            try:
                self._process = _started(command, environment, folder)
            except (OSError, IndexError) as error:
                raise CannotStartError(f"CannotStartContainerError: {list(command)} in {folder}: {error}") from error
            _running.add(self)
        self.pid = self._process.pid
        pipes = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        self._readers = [_thread(_read_lines, name, pipe, on_line) for name, pipe in pipes.items() if pipe]

    def wait(self, seconds: float | None = None) -> int:
        """Waits until the process exits.

        Returns:
            The exit code as a container reports it: 128 + the signal number if a signal killed the process.

        Raises:
            TimeoutError: The process ran for longer than the given seconds and was killed.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            self.wait()
            raise TimeoutError from error
        self.kill()
        for reader in self._readers:
            reader.join(_SECONDS_TO_READ)
        with _lock:
            _running.discard(self)
        return code if code >= 0 else 128 - code

    def stop(self, grace: float) -> None:
        """Sends SIGTERM to the main process, and SIGKILL to all after the grace period; returns immediately."""
        self._process.send_signal(signal.SIGTERM)
        self._killer = self._killer or _thread(self._kill_after, grace)

    def kill(self) -> None:
        """Kills the process and its descendants."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _kill_after(self, grace: float) -> None:
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()


def in_background(function: Callable[..., None], *arguments: Any) -> None:
    """Runs a function that monitors a process in a thread; a reset waits for it."""

    def work() -> None:
        try:
            function(*arguments)
        finally:
            with _lock:
                _workers.discard(thread)

    thread = threading.Thread(target=work, daemon=True)
    with _lock:
        _workers.add(thread)
    thread.start()


def scratch_folder() -> Path:
    """Returns a new folder that is deleted at the next reset."""
    folder = Path(tempfile.mkdtemp(prefix="emulator-work-"))
    _scratch.append(folder)
    return folder


_scratch: list[Path] = []


@PATCHES.on_reset
def stop_everything() -> None:
    """Kills all processes and waits for the threads that monitor them."""
    global _stopping
    with _lock:
        _stopping = True
        ending, workers = list(_running), list(_workers)
    for process in ending:
        process.kill()
    for worker in workers:
        worker.join(5)
    while _scratch:
        shutil.rmtree(_scratch.pop(), ignore_errors=True)
    _images.clear()
    _containers.clear()
    _stopping = False


def _started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes] | WarmProcess:
    if runs_python(command):
        return WarmProcess(command, environment, folder)
    return subprocess.Popen(
        [_executable(command[0]), *command[1:]],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _executable(name: str) -> str:
    """Returns the path of a program; containers use the interpreter that runs the emulator."""
    return sys.executable if Path(name).name in ("python", "python3") else name


def _read_lines(name: str, pipe: IO[bytes], on_line: OnLine) -> None:
    with pipe:
        for line in pipe:
            on_line(name, line.decode(errors="replace").rstrip("\r\n"))


def _thread(function: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread
