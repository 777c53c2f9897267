"""`datalake_sdk mcp`: serves the tools of Datalfred to MCP clients."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from datalake_sdk.cli.agent_role import agent_role
from datalake_sdk.cli.examples import example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.model_options import show_classified_option
from datalake_sdk.cli.options import token_option
from datalake_sdk.errors import MissingExtraError
from datalake_sdk.listening import LOOPBACK, listening_socket


@click.command("mcp", epilog=example("mcp --transport http --folder tables_configuration"))
@click.option(
    "--transport", type=click.Choice(("stdio", "http")), default="stdio", show_default=True, help="How clients connect."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Port of --transport http."
)
@token_option(
    "DATALFRED_MCP_TOKEN", "Bearer token of clients of --transport http.  [default: a random one, printed to stderr]"
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder whose files the tools may read, and with --allow-writes ingest and run.  [default: none]",
)
@click.option(
    "--allow-writes",
    is_flag=True,
    help="Also serve the tools that write. The client asks its user to approve each call (elicitation).",
)
@show_classified_option
@click.pass_obj
def mcp(
    lake: Lake,
    transport: str,
    port: int,
    token: str | None,
    folder: Path | None,
    allow_writes: bool,
    show_classified: bool,
) -> None:
    """Serves the tools of Datalfred to MCP clients.

    Over HTTP, it listens on 127.0.0.1 only, at the path /mcp. Requires the extra `agent`.
    """
    import asyncio

    from datalake_sdk.cli.event_loop import ended_by_signals

    try:
        from datalake_sdk.datalfred_agent import mcp_server
        from datalake_sdk.datalfred_agent.folder import Folder
        from datalake_sdk.datalfred_agent.queries import QueryRunner
    except ModuleNotFoundError as error:
        raise MissingExtraError("agent", error.name or str(error)) from error
    files, platform = None if folder is None else Folder.at(folder), lake.open()
    queries = QueryRunner(
        platform.environment,
        mcp_server.client_limits(),
        agent_role=agent_role(platform),
        show_classified=show_classified,
    )
    server = mcp_server.create_server(platform, queries, folder=files, allow_writes=allow_writes)
    if transport == "stdio":
        asyncio.run(ended_by_signals(mcp_server.serve_stdio(server), queries.close))
        return
    listening, used = listening_socket(port), token or secrets.token_urlsafe(32)
    click.echo(f"http://{LOOPBACK}:{port}/mcp", err=True)
    if token is None:
        click.echo(f"Authorization: Bearer {used}", err=True)
    asyncio.run(mcp_server.serve_http(server, listening, used))
