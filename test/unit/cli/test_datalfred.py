"""`datalake_sdk datalfred` with strands' model of Bedrock, against a server on loopback."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys

import pytest

from test.bedrock_runtime import USAGE, BedrockRuntime, Call, Reply, replies

COUNT = Call("query", {"sql": "SELECT count(*) AS n FROM dev_sales.orders"})
DATALFRED = [sys.executable, "-m", "datalake_sdk.cli", "--local", "lake", "datalfred", "--model-id", "m"]
QUESTION = ("datalfred", "--user-prompt", "How many orders?")


@pytest.fixture
def bedrock(monkeypatch):
    """Starts a server with a script and configures clients to use it."""
    servers = []

    def start(*given: Reply) -> BedrockRuntime:
        server = BedrockRuntime(replies(*given)).__enter__()
        servers.append(server)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return server

    yield start
    for server in servers:
        server.__exit__()


def test_the_answer_is_printed_to_stdout_and_tool_calls_to_stderr(terminal, bedrock):
    terminal.ingest()
    server = bedrock(Reply(("Counting.\n", COUNT)), Reply(("There are **3** orders.",)))
    result = terminal.run(*QUESTION, "--model-id", "anthropic.claude")
    assert result.stdout == "There are **3** orders.\n"
    assert '> query {"sql": "SELECT count(*) AS n FROM dev_sales.orders"}\n< 1 row\n' in result.stderr
    assert "2,000 tokens in, 100 out, 1 query]" in result.stderr
    assert [request["modelId"] for request in server.requests] == ["anthropic.claude"] * 2


def test_json_holds_the_answer_and_its_usage(terminal, bedrock):
    bedrock(Reply(("Hello.",)))
    answer = json.loads(terminal.run(*QUESTION, "--model-id", "m", "--json").stdout)
    assert answer["answer"] == "Hello."
    assert answer["tokens"]["input"] == USAGE["inputTokens"]
    assert answer["queries"] == {"queries": 0, "scanned_bytes": 0, "cost": 0.0}


def test_results_of_tools_are_printed_on_request(terminal, bedrock):
    bedrock(Reply((Call("list_tables", {}),)), Reply(("None.",)))
    result = terminal.run(*QUESTION, "--model-id", "m", "--print-sub-agent-debug")
    assert '{"tables": []}' in result.stderr


def test_control_characters_of_the_model_are_not_printed(terminal, bedrock):
    bedrock(Reply(("a\x1b[2Jb\u202ec\rd",)))
    assert terminal.run(*QUESTION, "--model-id", "m").stdout == "abcd\n"


TOO_LONG = Reply(fault="ValidationException", status=400, reason="Input is too long for requested model")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(fault="AccessDeniedException", status=403, reason="no access to the model"), "no access to the model"),
        (Reply(fault="ValidationException", status=400, reason="malformed"), "malformed"),
        (Reply(("Par",), fault="ModelStreamErrorException", reason="broken stream"), "broken stream"),
        (TOO_LONG, "the conversation is too long for model 'm'"),
    ],
    ids=["denied", "invalid", "in the stream", "too long"],
)
# botocore leaves the connection of an error response open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_failure_of_the_model_is_reported(terminal, bedrock, reply, message):
    bedrock(*[reply] * 5)
    result = terminal.run(*QUESTION, "--model-id", "m")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Hint: " in result.stderr


@pytest.mark.parametrize("provider", ["bedrock", "openai", "ollama", "anthropic"])
def test_without_a_model_the_option_to_pass_is_named(terminal, provider):
    result = terminal.run(*QUESTION, "--provider", provider)
    assert result.exit_code == 2
    assert f"--model-id is missing; --provider {provider} needs it" in result.stderr


def test_a_provider_whose_package_is_missing_is_reported(terminal):
    result = terminal.run(*QUESTION, "--provider", "ollama", "--model-id", "m")
    assert result.exit_code == 2
    assert "pip install 'strands-agents[ollama]'" in result.stderr


def test_a_piped_question_need_not_be_utf_8(terminal, bedrock):
    server = bedrock(Reply(("Three.",)))
    assert terminal.run("datalfred", "--model-id", "m", stdin=b"How many in N\xeemes?").stdout == "Three.\n"
    assert server.requests[0]["messages"][0]["content"][0]["text"] == "How many in N\ufffdmes?"


def test_without_stdin_there_is_no_question():
    ended = subprocess.run(DATALFRED, stdout=-1, stderr=-1, text=True, check=False, preexec_fn=lambda: os.close(0))
    assert (ended.returncode, "The question is empty." in ended.stderr) == (2, True)


def test_a_chat_whose_output_is_not_shown_does_not_start():
    ours, theirs = pty.openpty()
    ended = subprocess.run(DATALFRED, stdin=theirs, stdout=-1, stderr=-1, text=True, check=False)
    os.close(ours)
    os.close(theirs)
    assert (ended.returncode, "The chat needs a terminal for its output." in ended.stderr) == (2, True)


def test_a_size_and_a_model_exclude_each_other(terminal):
    result = terminal.run(*QUESTION, "--model-size", "small", "--model-id", "m")
    assert (result.exit_code, "either --model-size or --model-id" in result.stderr) == (2, True)


@pytest.mark.parametrize("token", ["", " ", "a b", "é", "secret\n"])
def test_a_token_that_no_client_can_send_is_rejected(terminal, token):
    result = terminal.run("mcp", "--transport", "http", "--token", token)
    assert result.exit_code == 2
    assert "--token must consist of letters" in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize(("package", "arguments"), [("strands", QUESTION), ("mcp", ("mcp",))])
def test_without_the_extra_the_command_says_what_to_install(tmp_path, package, arguments):
    program = f"import sys; sys.modules['{package}'] = None; from datalake_sdk.cli.main import cli; cli(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--local", str(tmp_path), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"Error: package '{package}" in ended.stderr
    assert "pip install 'datalake-sdk[agent]'" in ended.stderr


def test_a_port_in_use_is_reported_before_the_server_starts(terminal):
    with socket.create_server(("127.0.0.1", 0)) as used:
        result = terminal.run("mcp", "--transport", "http", "--port", str(used.getsockname()[1]))
    assert (result.exit_code, "Authorization" in result.stderr) == (2, False)
    assert "cannot be opened: Address already in use" in result.stderr
