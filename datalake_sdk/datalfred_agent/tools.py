"""Tools: checked arguments, approval of writes, and results that are data, whatever protocol calls them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from datalake_sdk.errors import DatalakeError, NotApprovedError
from datalake_sdk.redaction import MASK, redacted

MAX_RESULT_LENGTH = 60_000
"""Maximum number of characters of a tool's result."""


class Arguments(BaseModel):
    """Arguments of a tool; unknown ones are errors. The docstring of a subclass describes the tool."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


ArgumentsType = TypeVar("ArgumentsType", bound=Arguments)

Approve: TypeAlias = Callable[[str], Awaitable[bool]]
"""Shows an operation to the user and returns whether they approve it."""


Draw: TypeAlias = Callable[[Callable[[int], str]], None]
"""Shows a drawing to the user: a function that returns its lines for the width of a terminal in characters."""


async def refuse(_operation: str) -> bool:
    """Refuses every operation: nobody can be asked."""
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

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    async def call(self, given: Any, approve: Approve) -> ToolOutput:
        """Checks the arguments, asks for an approval if the tool writes, and runs it; a failure becomes an output.

        Args:
            given: Arguments as the model passed them.
            approve: Asks the user. The tool runs with the arguments that were shown, once.
        """
        try:
            arguments = self.arguments.model_validate_json(json.dumps(given))
        except ValidationError as error:
            return ToolOutput(as_data({"error": _invalid(self.name, error)}), failed=True)
        try:
            if self.writes and not await approve(self._operation(arguments)):
                raise NotApprovedError(self.name)
            return ToolOutput(as_data(await self.run(arguments)))
        except DatalakeError as error:
            return ToolOutput(as_data({"error": error.message, "hint": error.hint}), failed=True)

    def _operation(self, arguments: ArgumentsType) -> str:
        """The call with all arguments, in ASCII, in which no character can be hidden or look like another."""
        call = f"{self.name} {json.dumps(arguments.model_dump())}"
        return call if self.resolve is None else f"{call} {json.dumps(self.resolve(arguments))}"


def as_data(value: Any) -> str:
    """Formats a result as JSON without secrets that cannot contain a tag; a longer one is replaced with an error."""
    text = json.dumps(_masked(value), ensure_ascii=False, default=str)
    # Names of files that are not UTF-8 contain surrogates, which providers cannot encode.
    text = text.encode(errors="replace").decode().replace("<", "\\u003c").replace(">", "\\u003e")
    if len(text) <= MAX_RESULT_LENGTH:
        return text
    return json.dumps({"error": f"the result has {len(text):,} characters, the limit is {MAX_RESULT_LENGTH:,}"})


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {str(key): _masked_entry(str(key), entry) for key, entry in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list | tuple) else value


def _masked_entry(key: str, value: Any) -> Any:
    is_secret = isinstance(value, str) and redacted(f"{key}='{value}'") == f"{key}={MASK}"
    return MASK if is_secret else _masked(value)


def _invalid(tool: str, error: ValidationError) -> str:
    reasons = [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors(include_input=False)]
    return f"invalid arguments of {tool}: {'; '.join(reasons)}"
