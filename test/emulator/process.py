"""The emulator's interface for tests: starts it as a child process and creates clients for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
ROOT_ACCESS_KEY = "AKIAEMULATORROOT0000"
CONTROL = "/moto-api/emulator/"
_REPOSITORY = Path(__file__).parents[2]
_SECONDS_TO_START, _SECONDS_TO_STOP = 120, 20


class EmulatorError(Exception):
    """The emulator did not start, or a command of `Emulator.control` failed."""


def client_environment(endpoint: str) -> dict[str, str]:
    """Returns environment variables that make any AWS client use the emulator as the account's root user."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


class Emulator:
    """A running emulator; `with Emulator() as aws:` starts and stops it.

    Attributes:
        endpoint: Endpoint URL of all services.
        environment: Variables for clients and child processes, see `client_environment`.
        account: Account ID; calls without other credentials are made as its root user.
        region: Default region.
    """

    account = ACCOUNT
    region = REGION

    def __init__(self) -> None:
        self.endpoint = ""
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[tuple[object, ...], Any] = {}

    def __enter__(self) -> Emulator:
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-")
        try:
            self._start()
        except KeyboardInterrupt:
            if self._process:
                self._process.kill()
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        self._log = Path(self._folder.name) / "server.log"
        # The child inherits a listening socket, so no other process can take the port in the meantime.
        with socket.create_server((HOST, 0), backlog=256) as listener, self._log.open("wb") as log:
            self.endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
            self.environment = client_environment(self.endpoint)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "test.emulator.server", str(listener.fileno())],
                cwd=_REPOSITORY,
                env=_without_aws(os.environ) | self.environment,
                pass_fds=[listener.fileno()],
                stdin=subprocess.PIPE,  # never written to; the child exits when it is closed
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.control("ready", timeout=_SECONDS_TO_START)
        except EmulatorError as error:
            log_text = self.log()
            self.__exit__()
            raise EmulatorError(f"The emulator did not start: {error}\n{log_text}") from error

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.stdin:
            self._process.terminate()
            try:
                self._process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdin.close()
            self._process = None
        self._folder.cleanup()

    def client(self, service: str, credentials: Mapping[str, str] | None = None, region: str = REGION) -> Any:
        """Returns a boto3 client; clients are cached.

        Args:
            service: boto3's name of the service.
            credentials: Result of `assume_role`; None uses the account's root user.
            region: The client's region.
        """
        keys = credentials or _ROOT
        name = (service, region, *keys.values())
        if name not in self._clients:
            self._clients[name] = self._new_client(service, region, keys)
        return self._clients[name]

    def _new_client(self, service: str, region: str, keys: Mapping[str, str]) -> Any:
        from botocore.config import Config

        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            **keys,
        )

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.Session()

    def assume_role(self, role_arn: str, session_name: str = "test") -> dict[str, str]:
        """Returns credentials of a role, as keyword arguments of a boto3 client."""
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def reset(self) -> None:
        """Stops all processes and empties all services."""
        self.control("reset")

    def enforce_iam(self) -> None:
        """Requires a policy that allows the call from every caller except the account's root user."""
        self.control("enforce_iam")

    def stop_enforcing_iam(self) -> None:
        """Allows every call again."""
        self.control("stop_enforcing_iam")

    def expire_credentials(self, credentials: Mapping[str, str]) -> None:
        """Expires credentials returned by `assume_role`."""
        self.control("expire_credentials", access_key_id=credentials["aws_access_key_id"])

    def fail_next(self, action: str, code: str, message: str = "on demand", status: int = 400, times: int = 1) -> None:
        """Makes the next calls fail before they have any effect.

        Args:
            action: IAM action of the calls, for example `glue:UpdateTable`.
            code: Error code, for example `ThrottlingException`.
            message: Error message.
            status: HTTP status of the response.
            times: Number of calls that fail.
        """
        self.control("fail_next", action=action, code=code, message=message, status=status, times=times)

    def trace_requests(self, application: str, delay: float = 0.0) -> None:
        """Starts to trace the requests of an application, which `traced_requests` returns, and to delay them.

        Args:
            application: Value of the clients' environment variable `AWS_SDK_UA_APP_ID`.
            delay: Seconds that each request waits; requests on different connections wait concurrently.
        """
        self.control("trace_requests", application=application, delay=delay)

    def traced_requests(self) -> list[dict[str, Any]]:
        """Returns the traced requests, with the attributes of `TracedRequest`, in the order of their start."""
        found: list[dict[str, Any]] = self.control("traced_requests")
        return found

    def share_database(self, owner: str, database: str) -> None:
        """Shares a Glue database of another account with this one through Lake Formation; creates it if needed."""
        self.control("share_database", owner=owner, database=database, account=ACCOUNT)

    def unshare_database(self, owner: str, database: str) -> None:
        """Stops sharing a database; resource links to it remain, but no longer resolve."""
        self.control("unshare_database", owner=owner, database=database, account=ACCOUNT)

    def add_image(self, name: str, folder: Path, **more: Any) -> None:
        """Registers a folder that replaces a container image, see the README."""
        self.control("add_image", name=name, folder=str(folder), **more)

    def wait_for(self, resource: str, *statuses: str, seconds: float = 50) -> dict[str, Any]:
        """Waits until a task, job run or execution has reached one of the statuses; returns the detail of its event.

        Raises:
            EmulatorError: None of the statuses was reached in time; the message lists those that were.
        """
        waiting = {"resource": resource, "statuses": statuses, "seconds": seconds}
        detail: dict[str, Any] = self.control("wait_for_event", timeout=seconds + 10, **waiting)
        return detail

    def advance_time(self, seconds: float) -> None:
        """Advances the clock; fires schedules that become due and delivers the batches of pipes."""
        self.control("advance_time", seconds=seconds)

    def control(self, command: str, /, timeout: float = 60, **arguments: Any) -> Any:
        """Calls a command registered by a patched service, see the README.

        Raises:
            EmulatorError: The command is unknown or failed, or the emulator exited.
        """
        request = urllib.request.Request(f"{self.endpoint}{CONTROL}{command}", json.dumps(arguments).encode())
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise EmulatorError(f"{command}: {error.read().decode()}") from error
        except OSError as error:
            raise EmulatorError(f"{command}: {error}") from error

    def log(self, since: int = 0) -> str:
        """Returns the server's output, starting at a byte offset."""
        with self._log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def log_size(self) -> int:
        """Returns the size of the server's output so far, in bytes."""
        return self._log.stat().st_size


_ROOT = {"aws_access_key_id": ROOT_ACCESS_KEY, "aws_secret_access_key": "emulator"}


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "MOTO_"))}
