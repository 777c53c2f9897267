"""Lambda: an invocation is a local process with the function's code, environment and role."""

from __future__ import annotations

import base64
import datetime
import io
import json
import signal
import uuid
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moto.awslambda.models import LambdaFunction

from test.emulator.access import RoleNotAssumableError, ServiceRole
from test.emulator.awslambda_limits import checked_answer, limited_memory, reserved_concurrency
from test.emulator.awslambda_log import may_log
from test.emulator.awslambda_retries import invoke_asynchronously
from test.emulator.logs import LogStream
from test.emulator.patching import ServicePatches
from test.emulator.processes import (
    CannotStartError,
    Image,
    LocalProcess,
    container_environment,
    image_of,
    in_background,
)

PATCHES = ServicePatches("awslambda")

# Runs in the function's process: reads the event from one file and writes the result, or the error, to another.
_BOOTSTRAP = """
import importlib, json, logging, os, sys, time, traceback
handler, given, answer, request, seconds = sys.argv[1:]
end = time.monotonic() + float(seconds)
sys.stdout.reconfigure(line_buffering=True)
# https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
logging.basicConfig(stream=sys.stdout, format=f"[%(levelname)s]\\t%(asctime)s\\t{request}\\t%(message)s")
class Context:
    aws_request_id = request
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    invoked_function_arn = os.environ.pop("EMULATOR_FUNCTION_ARN")
    memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
    def get_remaining_time_in_millis(self):
        return int(max(0, end - time.monotonic()) * 1000)
try:
    module, _, function = handler.rpartition(".")
    call = getattr(importlib.import_module(module.replace("/", ".")), function)
    text = json.dumps({"result": call(json.load(open(given)), Context())})
except Exception as error:
    traceback.print_exc()
    text = json.dumps({"error": {
        "errorMessage": str(error), "errorType": type(error).__name__, "requestId": request,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }})
with open(answer, "w") as file:
    file.write(text)
"""


@PATCHES.replace(LambdaFunction, "invoke", "dadc324f30ae")
def _invoke(_: Any, self: LambdaFunction, body: Any, request_headers: Any, response_headers: dict[str, Any]) -> bytes:
    event = (body.decode() if isinstance(body, bytes) else body) or "{}"
    invocation = _Invocation(self, event)
    kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
    if kind == "DryRun":
        return b""
    if kind == "Event":
        in_background(invoke_asynchronously, self, event, invocation)
        return b""
    with reserved_concurrency(self):
        invocation.run()
    if "error" in invocation.answer:
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps(invocation.answer["error"]).encode()
    response_headers["x-amz-log-result"] = base64.b64encode("\n".join(invocation.lines).encode()[-4096:]).decode()
    return json.dumps(invocation.answer["result"]).encode()


class _Invocation:
    """One invocation of a function; `run` may be repeated."""

    def __init__(self, function: LambdaFunction, event: str) -> None:
        self._function: Any = function
        self._event = event
        self.request = str(uuid.uuid4())
        self.answer: dict[str, Any] = {}
        self.lines: list[str] = []

    def run(self) -> None:
        """Runs the handler and stores its result, or an error with Lambda's wording, in `answer`."""
        self.answer, self.lines = {}, []
        log = self._log()
        log.write(f"START RequestId: {self.request} Version: {self._version()}")
        try:
            with TemporaryDirectory(prefix="emulator-lambda-", ignore_cleanup_errors=True) as folder:
                self._answer(Path(folder), log)
        except CannotStartError as error:
            self._fail("Runtime.InvalidEntrypoint", str(error))
        except TimeoutError:
            self._fail("Sandbox.Timedout", f"Task timed out after {self._function.timeout:.2f} seconds")
        log.write(f"END RequestId: {self.request}")

    def _answer(self, folder: Path, log: LogStream) -> None:
        process = self._start(folder, log)
        with limited_memory(process.pid, self._function.memory_size):
            code = process.wait(self._function.timeout)
        answer = folder / "answer.json"
        if answer.exists():
            self.answer = checked_answer(answer.read_text())
            return
        # https://github.com/awslabs/amazon-s3-find-and-forget/pull/283
        status = "signal: killed" if code == 128 + signal.SIGKILL else f"exit status {code}"
        self._fail("Runtime.ExitError", f"Runtime exited with error: {status}")

    def _start(self, folder: Path, log: LogStream) -> LocalProcess:
        image, handler = self._code(folder / "code")
        (folder / "event.json").write_text(self._event)

        def on_line(_: str, line: str) -> None:
            self.lines.append(line)
            log.write(line)

        arguments = [handler, str(folder / "event.json"), str(folder / "answer.json"), self.request]
        command = ["python3", "-c", _BOOTSTRAP, *arguments, str(self._function.timeout)]
        environment = self._environment(image, log)
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        environment.pop("HOME", None)
        return LocalProcess(command, environment, image.folder, on_line)

    def _code(self, unpacked: Path) -> tuple[Image, str]:
        if self._function.package_type == "Image":
            image = image_of(self._function.code["ImageUri"])
            return image, (list(self._function.image_config.cmd) or list(image.command))[0]
        if not (self._function.run_time or "").startswith("python"):
            raise CannotStartError(f"The emulator runs Python functions only, not {self._function.run_time}")
        zipfile.ZipFile(io.BytesIO(self._function.code_bytes)).extractall(unpacked)
        return Image(unpacked), self._function.handler

    def _environment(self, image: Image, log: LogStream) -> dict[str, str]:
        function = self._function
        return {
            **self._credentials(),
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": self._version(),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log.stream,
            "EMULATOR_FUNCTION_ARN": function.function_arn,
            "LAMBDA_TASK_ROOT": str(image.folder),
            **image.environment,
            **(function.environment_vars or {}),
        }

    def _credentials(self) -> dict[str, str]:
        function = self._function
        role = ServiceRole(function.role, "lambda.amazonaws.com", function.function_arn)
        try:
            return container_environment(role, function.function_name, function.region)
        except RoleNotAssumableError as error:
            raise CannotStartError("The role defined for the function cannot be assumed by Lambda.") from error

    def _log(self) -> LogStream:
        day = datetime.datetime.now(datetime.UTC).strftime("%Y/%m/%d")
        stream = f"{day}/[{self._version()}]{self.request.replace('-', '')}"
        group = self._function.logs_group_name
        function = self._function
        log = LogStream(function.account_id, function.region, group, stream, create_group=True)
        log.is_writable = may_log(function.role, f"{function.region}:{function.account_id}", log)
        return log

    def _version(self) -> str:
        # moto assigns the version number 1 to the unpublished version.
        return "$LATEST" if self._function.function_arn.count(":") == 6 else str(self._function.version)

    def _fail(self, kind: str, message: str) -> None:
        self.answer = {"error": {"errorType": kind, "errorMessage": f"RequestId: {self.request} Error: {message}"}}
