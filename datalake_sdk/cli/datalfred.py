"""`datalake_sdk datalfred`: asks the agent of the lake."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from datalake_sdk.cli.examples import ON_AWS, example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.model_options import model_options, selected_size, show_classified_option
from datalake_sdk.cli.options import is_terminal


@click.command("datalfred", epilog=example('datalfred --user-prompt "Which country has the most orders?"', ON_AWS))
@click.option(
    "--user-prompt",
    metavar="TEXT",
    help="Answer a single question.  [default: chat, or piped stdin]",
)
@model_options
@click.option("--session-id", metavar="ID", help="Resume this session.  [default: a new one]")
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="YAML file with model prices in dollars per million tokens.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder whose files Datalfred may read, ingest and run, and in which it saves charts.  [default: none]",
)
@show_classified_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer and its usage as JSON.")
@click.option("--print-sub-agent-debug", is_flag=True, help="Print the tools' results, to stderr with --user-prompt.")
@click.pass_obj
def datalfred(
    lake: Lake,
    user_prompt: str | None,
    model_size: str | None,
    provider: str,
    model_id: str | None,
    session_id: str | None,
    prices: Path | None,
    folder: Path | None,
    show_classified: bool,
    as_json: bool,
    print_sub_agent_debug: bool,
) -> None:
    """Answers questions from the tables of the lake with a language model.

    Without --user-prompt, a terminal shows a chat. Otherwise the answer is printed to stdout, and tool calls to
    stderr. The model receives the names and descriptions of tables, the results of its queries and reports of failed
    pipelines. Operations that write need the approval of a user at a terminal. Requires the extra `agent`.
    """
    size = selected_size(model_size, model_id)
    question = user_prompt if user_prompt is not None or is_terminal() else _piped_text()
    if question is None and not sys.stdout.isatty():
        # Operations that need an approval are shown on stdout.
        raise click.UsageError("The chat needs a terminal for its output. Pass --user-prompt to print one answer.")
    if question is None and as_json:
        raise click.UsageError("--json needs --user-prompt.")
    if question is not None and not question.strip():
        raise click.UsageError("The question is empty. Pass --user-prompt, pipe a question, or chat in a terminal.")
    from datalake_sdk.cli.datalfred_session import SessionOptions, run_session

    options = SessionOptions(
        provider, size, model_id, session_id, prices, folder, show_classified, as_json, print_sub_agent_debug
    )
    run_session(lake, question, options)


def _piped_text() -> str:
    return "" if sys.stdin is None else sys.stdin.buffer.read().decode(errors="replace")
