"""Approvals over MCP: the client asks its user by elicitation, for one call with these arguments.

https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp_types.version import is_version_at_least

from datalake_sdk.datalfred_agent.tools import Tool, ToolOutput, refuse

_INPUT_REQUIRED_VERSION = "2026-07-28"
"""From this version on, servers ask for input in the result of a call, which the client then repeats."""
_KEY = "approval"
_FIELD = "approved"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {_FIELD: {"type": "boolean", "title": "Run this operation once"}},
    "required": [_FIELD],
}
_MAX_PENDING = 100


class Approvals:
    """Asks the users of clients for approvals; clients without elicitation cannot write."""

    def __init__(self) -> None:
        self._pending: dict[str, str] = {}

    async def call(
        self, tool: Tool[Any], context: ServerRequestContext[Any], given: types.CallToolRequestParams
    ) -> ToolOutput | types.InputRequiredResult:
        """Calls a tool that writes, or returns the question for the user.

        Args:
            tool: The tool.
            context: Context of the request.
            given: Parameters of the request.
        """
        if not _has_elicitation(context):
            return await tool.call(given.arguments or {}, refuse)
        if is_version_at_least(context.protocol_version, _INPUT_REQUIRED_VERSION):
            return await self._call_with_input_request(tool, given)

        async def ask(operation: str) -> bool:
            return _is_approval(
                await context.session.elicit_form(_question(operation), _SCHEMA, related_request_id=context.request_id)
            )

        return await tool.call(given.arguments or {}, ask)

    async def _call_with_input_request(
        self, tool: Tool[Any], given: types.CallToolRequestParams
    ) -> ToolOutput | types.InputRequiredResult:
        # An approval is valid once and only for the operation that was shown; the client sends the arguments again.
        shown = self._pending.pop(given.request_state or "", None)
        answer = (given.input_responses or {}).get(_KEY)
        unanswered: list[str] = []

        async def check(operation: str) -> bool:
            if shown is None:
                unanswered.append(operation)
            return operation == shown and _is_approval(answer)

        output = await tool.call(given.arguments or {}, check)
        return self._ask(unanswered[0]) if unanswered else output

    def _ask(self, operation: str) -> types.InputRequiredResult:
        while len(self._pending) >= _MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        state = token_hex(16)
        self._pending[state] = operation
        form = types.ElicitRequestFormParams(message=_question(operation), requested_schema=_SCHEMA)
        return types.InputRequiredResult(input_requests={_KEY: types.ElicitRequest(params=form)}, request_state=state)


def _has_elicitation(context: ServerRequestContext[Any]) -> bool:
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    # Without modes, a client supports forms.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _question(operation: str) -> str:
    return f"Datalfred wants to run: {operation}"


def _is_approval(answer: object) -> bool:
    if not isinstance(answer, types.ElicitResult) or answer.action != "accept":
        return False
    content: Mapping[str, Any] = answer.content or {}
    return content.get(_FIELD) is True
