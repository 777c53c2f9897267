"""Tools for any protocol, with validated arguments, approval of writes, and results formatted as data."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from datalake_sdk.datalfred_agent.masking import masked
from datalake_sdk.errors import (
    ChangedOperationError,
    DatalakeError,
    NotApprovedError,
    OperationLengthError,
    ToolResultSizeError,
    ToolTimeLimitError,
)

logger = logging.getLogger(__name__)

MAX_RESULT_LENGTH = 60_000
"""Maximum number of characters of a tool's result."""
_MAX_EXACT_INTEGER = 2**53 - 1
READ_SECONDS = 180
"""Maximum duration of a tool that reads, for example the metadata of a table with a million columns."""
MAX_OPERATION_LENGTH = 5_000
"""Maximum number of characters of an operation: a user must be able to read all of it."""


class Arguments(BaseModel):
    """Arguments of a tool; unknown ones are errors. The docstring of a subclass describes the tool."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


ArgumentsType = TypeVar("ArgumentsType", bound=Arguments)

Approve: TypeAlias = Callable[[str], Awaitable[bool]]
"""Shows an operation to the user and returns whether they approve it."""


@dataclass(frozen=True)
class Drawing:
    """A chart or a diff that a tool shows to the user.

    Args:
        lines: Returns its lines for the width of a terminal in characters.
        image: Returns it as PNG; None if it is text.
    """

    lines: Callable[[int], str]
    image: Callable[[], bytes] | None = None


Draw: TypeAlias = Callable[[Drawing], None]
"""Shows a drawing to the user."""


async def refuse(_operation: str) -> bool:
    """Refuses every operation, since there is no user to ask."""
    return False


@dataclass(frozen=True)
class ToolOutput:
    """Result of a tool.

    Args:
        text: For the model: JSON, in which `<` and `>` are escaped and secrets are masked.
        failed: Whether the tool failed.
    """

    text: str
    failed: bool = False


@dataclass(frozen=True)
class Tool(Generic[ArgumentsType]):
    """A tool.

    Args:
        name: Name that the model calls.
        arguments: Class of its arguments.
        run: Runs the tool and returns a JSON-serializable result.
        writes: Whether it changes something: each call then needs an approval.
        resolve: Returns what the arguments refer to, for example the path of a file, which is shown for the approval.
    """

    name: str
    arguments: type[ArgumentsType]
    run: Callable[[ArgumentsType], Awaitable[Any]]
    writes: bool = False
    resolve: Callable[[ArgumentsType], Mapping[str, Any]] | None = None

    @property
    def description(self) -> str:
        """What the tool does."""
        return self.arguments.__doc__ or ""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    async def call(self, given: Any, approve: Approve) -> ToolOutput:
        """Checks the arguments, asks for an approval if the tool writes, and runs it; a failure becomes an output.

        Args:
            given: Arguments as the model passed them.
            approve: Asks the user. The tool runs once with the arguments that were shown, if they still refer to the
                same files.
        """
        try:
            arguments = self.arguments.model_validate_json(json.dumps(given))
        except ValidationError as error:
            return ToolOutput(as_data({"error": _invalid(self.name, error)}), failed=True)
        try:
            if self.writes:
                await self._check_approval(arguments, approve)
            return _output(await self._limited_run(arguments))
        except DatalakeError as error:
            return ToolOutput(as_data({"error": error.message, "hint": error.hint}), failed=True)
        except Exception as error:
            # The caller would pass the message on as it is, with secrets and tags.
            logger.debug("%s failed", self.name, exc_info=True)
            return ToolOutput(as_data({"error": f"{type(error).__name__}: {error}"}), failed=True)

    async def _limited_run(self, arguments: ArgumentsType) -> Any:
        """Runs the tool; one that reads is not awaited for longer than the limit, although its thread continues."""
        limit = None if self.writes else READ_SECONDS
        try:
            async with asyncio.timeout(limit) as running:
                return await self.run(arguments)
        except TimeoutError:
            if not running.expired():
                raise
            raise ToolTimeLimitError(self.name, READ_SECONDS) from None

    async def _check_approval(self, arguments: ArgumentsType, approve: Approve) -> None:
        shown = self._operation(arguments)
        if len(shown) > MAX_OPERATION_LENGTH:
            raise OperationLengthError(self.name, len(shown), MAX_OPERATION_LENGTH)
        if not await approve(shown):
            raise NotApprovedError(self.name)
        if self._operation(arguments) != shown:
            raise ChangedOperationError(self.name)

    def _operation(self, arguments: ArgumentsType) -> str:
        """The call with all arguments, in ASCII, so that no character can be hidden or imitate another."""
        call = f"{self.name} {json.dumps(arguments.model_dump())}"
        return call if self.resolve is None else f"{call} {json.dumps(self.resolve(arguments))}"


def as_data(value: Any) -> str:
    """Formats a value as JSON without secrets that cannot contain a tag."""
    text = json.dumps(_interoperable(masked(value)), ensure_ascii=False, default=str)
    # Names of files that are not UTF-8 contain surrogates, which providers cannot encode.
    return text.encode(errors="replace").decode().replace("<", "\\u003c").replace(">", "\\u003e")


def _interoperable(value: Any) -> Any:
    # Clients in JavaScript round larger integers, such as ids of snapshots.
    # https://www.rfc-editor.org/rfc/rfc8259#section-6
    if isinstance(value, dict):
        return {key: _interoperable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_interoperable(each) for each in value]
    return str(value) if isinstance(value, int) and abs(value) > _MAX_EXACT_INTEGER else value


def _output(result: Any) -> ToolOutput:
    text = as_data(result)
    if len(text) > MAX_RESULT_LENGTH:
        raise ToolResultSizeError(len(text), MAX_RESULT_LENGTH)
    return ToolOutput(text)


def _invalid(tool: str, error: ValidationError) -> str:
    reasons = [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors(include_input=False)]
    return f"invalid arguments of {tool}: {'; '.join(reasons)}"
