"""Errors of Datalfred: its model, its sessions and the limits of its queries."""

from __future__ import annotations

import json
from collections.abc import Sequence

from datalake_sdk.errors.access import AccessDeniedError
from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed

_OPERATION = "bedrock:ConverseStream"
_PROVIDER_SETTINGS = {
    "bedrock": "the region and the AWS credentials",
    "anthropic": "ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL",
    "openai": "OPENAI_API_KEY and OPENAI_BASE_URL",
    "ollama": "OLLAMA_HOST, and that `ollama serve` is running there",
}


class MissingProviderPackageError(UsageError):
    """The package of a model provider is not installed."""

    def __init__(self, provider: str, package: str) -> None:
        super().__init__(
            f"--provider {provider} needs package '{package}', which is not installed",
            hint=f"pip install 'strands-agents[{provider}]'",
        )


class MissingModelIdError(UsageError):
    """No model was selected, and the environment has no model profiles."""

    def __init__(self, provider: str, root: object = None) -> None:
        reason = f": the embedded lake '{root}' has no model profiles" if root else ""
        super().__init__(
            f"--model-id is missing; --provider {provider} needs it{reason}",
            hint="Pass --model-id with the model's name at the provider.",
        )


class NoModelCredentialsError(UsageError):
    """No AWS credentials were found for Bedrock."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"model '{model}': no AWS credentials found",
            hint="Log in (aws sso login, aws configure) and set AWS_PROFILE, or choose another --provider.",
        )


class NoSuchModelProfileError(TerminalError):
    """The domain has no inference profile for a model size."""

    def __init__(self, profile: str, region: str, existing: Sequence[str]) -> None:
        found = f" Its profiles are {listed(existing)}." if existing else ""
        super().__init__(
            f"inference profile '{profile}' does not exist in {region}",
            hint=f"Set enable_bedrock_profiles = true in domain_factory, or pass --model-id.{found}",
        )


class AgentRoleError(TerminalError):
    """The caller may not assume the role of the agent."""

    def __init__(self, role: str, reason: str) -> None:
        super().__init__(
            f"role '{role}' cannot be assumed: {reason}",
            hint="Add the ARN of your role or user to datalfred_user_arns of domain_factory.",
        )


class ModelAccessError(TerminalError):
    """The caller may not call the model."""

    def __init__(self, model: str, denied: AccessDeniedError, resources: Sequence[str] = ()) -> None:
        super().__init__(f"model '{model}': {denied.message}", hint=_access_step(denied, resources))


def _access_step(denied: AccessDeniedError, resources: Sequence[str]) -> str:
    # If the account has no access to the model, Bedrock names no action, and the operation replaces it.
    if denied.action == _OPERATION:
        return "Request access to the model in the Bedrock console, in this region and account."
    if denied.reason and "identity-based policy" not in denied.reason:
        return denied.hint
    # https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    statement = {"Effect": "Allow", "Action": denied.action, "Resource": list(resources) or [denied.resource or "*"]}
    return f"Add this statement to a policy of the caller: {json.dumps(statement)}"


class ModelThrottledError(TransientError):
    """The provider limits the rate of requests."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(
            f"model '{model}' is throttled by its provider: {reason}",
            hint="Wait a minute, choose another --model-size or --model-id, or request a higher quota.",
        )


class ModelUnavailableError(TransientError):
    """The provider cannot process requests at the moment."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(
            f"model '{model}' is unavailable: {reason}",
            hint="Ask again in a moment, or choose another model; check the network and the region.",
        )


class ContextOverflowError(TerminalError):
    """A conversation is longer than the context window of the model."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"the conversation is too long for model '{model}'",
            hint="Start a new session, or ask for fewer rows and shorter logs.",
        )


class ModelRequestError(TerminalError):
    """The provider rejected a request, or cannot be reached."""

    def __init__(self, model: str, reason: str, provider: str) -> None:
        super().__init__(f"model '{model}' failed: {reason}", hint=f"Check --model-id, {_PROVIDER_SETTINGS[provider]}.")


class IncompleteAnswerError(TerminalError):
    """An answer is incomplete because a limit was reached."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the answer was stopped: {reason}", hint="Ask a narrower question.")


class NotApprovedError(TerminalError):
    """The user did not approve an operation, or there was no user to ask."""

    def __init__(self, tool: str) -> None:
        super().__init__(
            f"{tool} was not approved and did not run",
            hint="Do not repeat the call. Operations that write need the approval of a user at a terminal.",
        )


class OperationLengthError(TerminalError):
    """An operation is too long to be shown to the user who must approve it."""

    def __init__(self, tool: str, length: int, limit: int) -> None:
        super().__init__(
            f"{tool} with its arguments has {length:,} characters; at most {limit:,} can be shown for an approval",
            hint="Shorten the arguments.",
        )


class ChangedOperationError(TerminalError):
    """What an operation refers to changed while the user was asked."""

    def __init__(self, tool: str) -> None:
        super().__init__(
            f"{tool} did not run: a file changed after the operation was shown",
            hint="If the change is intended, call it again for a new approval.",
        )


class StoppedToolError(TerminalError):
    """The user stopped a tool."""

    def __init__(self, tool: str, *, writes: bool) -> None:
        hint = "The operation may still be running: check its effect before it is repeated." if writes else ""
        super().__init__(f"{tool} was stopped by the user", hint=hint)


class QueryTimeLimitError(TerminalError):
    """A query was stopped because it took too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the query was stopped after {seconds:g} s", hint="Filter by partition, or aggregate fewer rows."
        )


class QueryMemoryLimitError(TerminalError):
    """A query needs more memory than it may use."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the query needs more than {limit / 1e9:.1f} GB of memory",
            hint="Aggregate or filter before sorting, and avoid long strings and arrays.",
        )


class QueryProcessError(TerminalError):
    """The process of a query exited without a result."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(
            f"the process of the query exited with code {exit_code}", hint="Simplify the query: it may be too complex."
        )


class QueryStoppedError(TerminalError):
    """A query was stopped by the user.

    Nothing was changed. Run the query again when its result is needed.
    """

    def __init__(self) -> None:
        super().__init__("the query was stopped by the user")


class QueryBudgetError(TerminalError):
    """The queries of an answer or of a session have used up their budget."""

    def __init__(self, limit: str, scope: str) -> None:
        super().__init__(
            f"the limit of {limit} per {scope} is reached; further queries are rejected",
            hint="Answer with the results so far, and say that the limit was reached.",
        )


class ResultRowSizeError(TerminalError):
    """The first row of a result is larger than a result may be."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the first row of the result has {size:,} bytes, the limit of a result is {limit:,}",
            hint="Select fewer columns, or parts of long values, for example substr(column, 1, 100).",
        )


class ToolTimeLimitError(TerminalError):
    """A tool that reads took too long."""

    def __init__(self, tool: str, seconds: float) -> None:
        super().__init__(f"{tool} did not end within {seconds:g} s", hint="Ask for less: one database, or one table.")


class ToolResultSizeError(TerminalError):
    """The result of a tool is too long for a model."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"the result has {length:,} characters, the limit is {limit:,}",
            hint="Ask for less: fewer columns, tables or rows.",
        )


class ChartRowsError(TerminalError):
    """A result cannot be drawn as a chart."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the query returns {found}, which cannot be drawn",
            hint="Aggregate to between 1 and 200 rows, and order them.",
        )


class UnknownChartColumnError(TerminalError):
    """A column of a chart is not part of the result."""

    def __init__(self, column: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"column '{column}' is not in the result; its columns are {listed(columns)}",
            hint="Name the columns of the SELECT.",
        )


class NotNumericColumnError(TerminalError):
    """A column of a chart has values that are not numbers."""

    def __init__(self, column: str, value: str) -> None:
        super().__init__(
            f"column '{column}' has the value '{value[:100]}', which is not a number", hint="Select a number for y."
        )


class MissingFontError(TerminalError):
    """The machine has no font for the labels of a chart."""

    def __init__(self, fonts: str) -> None:
        super().__init__(
            f"an image cannot be drawn: none of the fonts {fonts} is installed",
            hint="Save the chart as .svg, or install a font, for example the package fonts-dejavu-core.",
        )


class MissingFolderError(UsageError):
    """The folder for the files of the agent does not exist."""

    def __init__(self, path: object) -> None:
        super().__init__(f"--folder '{path}' is not a folder", hint="Pass an existing folder.")


class FolderFileError(TerminalError):
    """A file is not in the folder of the agent, or cannot be used."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"file '{name}' {reason}", hint="list_files shows the files that can be used.")


class ExistingFileError(TerminalError):
    """The file to write already exists."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"file '{name}' already exists", hint="Choose another name: existing files are never overwritten."
        )


class TextMatchError(TerminalError):
    """The text that a proposed change replaces does not occur exactly once in the file."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__(
            f"the text to replace occurs {count:,} times in '{name}'; it must occur once",
            hint="Read the file again, and copy the text with enough lines around it.",
        )


class InvalidSessionIdError(UsageError):
    """A session id contains invalid characters."""

    def __init__(self, identifier: str) -> None:
        super().__init__(
            f"--session-id is {identifier!r}; it must consist of at most 64 lowercase letters, digits and '-'",
            hint="The id of a session is printed when it starts.",
        )


class UnknownSessionError(UsageError):
    """A session does not exist."""

    def __init__(self, identifier: str, existing: Sequence[str]) -> None:
        found = f"The last sessions are {listed(existing)}." if existing else "The environment has no sessions yet."
        super().__init__(
            f"session '{identifier}' does not exist", hint=f"{found} Omit --session-id to start a new one."
        )


class BrokenSessionError(TerminalError):
    """A stored session cannot be read."""

    def __init__(self, identifier: str, reason: str) -> None:
        super().__init__(
            f"session '{identifier}' cannot be restored: {reason}", hint="Omit --session-id to start a new one."
        )


class UnavailableToolError(TerminalError):
    """The call that waits for an approval needs a tool that the chat does not have."""

    def __init__(self, tool: str) -> None:
        super().__init__(
            f"the session has a pending call of {tool!r}, a tool that is not available here",
            hint="Resume the session with the same options, for example --folder, or omit --session-id.",
        )


class SessionStorageError(TerminalError):
    """The stored sessions cannot be read or written."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"the session cannot be {operation}: {reason}",
            hint="Free space, or grant read and write access to the folder `datalfred` of the technical bucket.",
        )


class InvalidPriceFileError(UsageError):
    """A file of prices is invalid."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"--prices '{path}': {reason}",
            hint="Write an entry for each model: `name: {input: 3.0, output: 15.0}`, in US dollars per million tokens.",
        )
