"""The chat of Datalfred in a pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from test.bedrock_runtime import BedrockRuntime, Call, Reply, replies
from test.datalfred_agent.processes import ENDLESS, child, has_ended

COUNT = Call("query", {"sql": "SELECT count(*) AS n FROM dev_sales.orders -- :key: [bold]"})
MAINTAIN = Call("maintain_table", {"database": "sales", "table": "orders"})
ENDLESS_QUERY = Call("query", {"sql": ENDLESS})
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")
CONTROL_C, CONTROL_D, ALT_ENTER, UP = "\x03", "\x04", "\x1b\r", "\x1b[A"


class Chat:
    """A chat whose terminal is controlled by the test."""

    def __init__(self, lake, server: BedrockRuntime, *options: str) -> None:
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 200))
        # prompt_toolkit otherwise asks the terminal for the position of the cursor.
        environment = {**os.environ, **server.environment, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        environment.pop("COLUMNS", None)
        command = [sys.executable, "-m", "datalake_sdk.cli", "--local", str(lake), "datalfred", "--model-id", "m"]
        self.process = subprocess.Popen(
            [*command, *options], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self.shown = ""

    def expect(self, text: str) -> str:
        """Waits until the terminal shows a text; returns what it showed since the last call, without the rest."""
        while text not in self.shown:
            readable, _, _ = select.select([self.ours], [], [], 60)
            assert readable, f"{text!r} is not shown, but {self.shown!r}"
            self.shown = plain(self.shown + os.read(self.ours, 65_536).decode(errors="replace"))
        before, _, self.shown = self.shown.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def interrupt(self) -> None:
        """Presses Ctrl-C while an answer is generated: only a controlling terminal would turn it into a signal."""
        self.process.send_signal(signal.SIGINT)

    def hang_up(self) -> int:
        """Closes the terminal, which sends SIGHUP to its foreground processes; returns the exit code."""
        os.close(self.ours)
        self.ours = os.open(os.devnull, os.O_RDONLY)
        self.process.send_signal(signal.SIGHUP)
        return self.process.wait(timeout=60)

    def ask(self, question: str) -> None:
        """Types a question once the prompt is shown."""
        self.expect("> ")
        self.type(question + "\r")

    def leave(self) -> int:
        self.ask("/exit")
        self.expect("Resume with --session-id ")
        return self.process.wait(timeout=60)


def plain(shown: str) -> str:
    """Removes escape sequences; prompts end with a movement of the cursor instead of blanks."""
    return ESCAPE.sub("", shown.replace("\x08\x1b[2C", " "))


@pytest.fixture
def chat(shop) -> Iterator:
    """Starts a chat with a scripted model on a lake with the table sales.orders."""
    opened, servers = [], []

    def start(*given: Reply, options: tuple[str, ...] = ()) -> Chat:
        servers.append(BedrockRuntime(replies(*given)).__enter__())
        opened.append(Chat(shop.root, servers[-1], *options))
        opened[-1].server = servers[-1]
        return opened[-1]

    yield start
    for server in servers:
        server.__exit__()
    for each in opened:
        each.process.kill()
        each.process.wait()
        os.close(each.ours)


def test_questions_are_answered_and_commands_show_tools_cost_and_sessions(chat):
    talk = chat(
        Reply(("Let me count.\n\n", COUNT)),
        Reply(("There are **3** orders.\n\n| n |\n|---|\n| 3 |",)),
        options=("--print-sub-agent-debug",),
    )
    session = re.search(r"session (\S+)\.", talk.expect("Enter sends")).group(1)
    talk.ask("How many orders?")
    talk.expect("Let me count.")
    talk.expect('> query {"sql": "SELECT count(*) AS n FROM dev_sales.orders -- :key: [bold]"}')
    talk.expect("< 1 row")
    talk.expect('"csv": "3"')
    talk.expect("There are 3 orders.")
    talk.ask("/tools")
    talk.expect("query: Runs one SELECT")
    talk.ask("/cost")
    talk.expect("tokens: 2,000 input, 100 output")
    talk.expect("no price is known")
    talk.ask("/sessions")
    talk.expect(f"{session} (this one)")
    talk.ask("/tolls")
    talk.expect("Unknown command.")
    assert talk.leave() == 0


def test_ctrl_c_stops_the_query_of_an_answer_but_not_the_chat(chat):
    talk = chat(Reply((ENDLESS_QUERY,)), Reply(("Welcome back.",)))
    talk.ask("Count everything.")
    talk.expect("> query ")
    talk.expect("UNNEST")
    talk.interrupt()
    talk.expect("Stopped.")
    talk.ask("And now?")
    talk.expect("Welcome back.")
    assert talk.leave() == 0


def test_closing_the_terminal_ends_the_chat_and_its_query(chat):
    talk = chat(Reply((ENDLESS_QUERY,)))
    talk.ask("Count everything.")
    talk.expect("> query ")
    query = child(talk.process)
    assert talk.hang_up() == 129
    assert has_ended(query)


def test_ctrl_c_stops_a_streaming_answer(chat):
    talk = chat(Reply(("A first paragraph.\n", "\n", "More"), is_held=True), Reply(("Welcome back.",)))
    talk.ask("Tell a story.")
    talk.expect("A first paragraph.")
    talk.interrupt()
    talk.server.released.set()
    talk.expect("Stopped.")
    talk.ask("And now?")
    talk.expect("Welcome back.")
    assert talk.leave() == 0


def test_ctrl_c_at_the_prompt_clears_the_line_and_ctrl_d_ends_the_chat(chat):
    talk = chat(Reply(("Hello.",)))
    talk.expect("> ")
    talk.type("DROP" + CONTROL_C)
    talk.ask("Hi")
    talk.expect("Hello.")
    talk.expect("> ")
    talk.type(CONTROL_D)
    talk.expect("Resume with --session-id ")
    assert talk.process.wait(timeout=60) == 0
    assert talk.server.requests[0]["messages"][-1]["content"] == [{"text": "Hi"}]


def test_a_question_may_have_several_lines_and_is_recalled_from_the_history(chat):
    talk = chat(Reply(("Hello.",)), Reply(("Again.",)))
    talk.expect("> ")
    talk.type(f"one{ALT_ENTER}two\r")
    talk.expect("Hello.")
    talk.ask(UP)
    talk.expect("Again.")
    asked = [request["messages"][-1]["content"] for request in talk.server.requests]
    assert asked == [[{"text": "one\ntwo"}]] * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_an_error_of_the_model_the_chat_continues(chat):
    talk = chat(Reply(fault="ValidationException", status=400, reason="malformed"), Reply(("Hello.",)))
    talk.ask("Hi")
    talk.expect("Error: model 'm' failed: ")
    talk.ask("Again")
    talk.expect("Hello.")
    assert talk.leave() == 0


@pytest.mark.parametrize(("typed", "outcome"), [("yes", " characters"), ("y", "< failed: maintain_table was not")])
def test_an_operation_that_writes_is_shown_and_runs_only_if_the_user_types_yes(chat, typed, outcome):
    talk = chat(Reply((MAINTAIN,)), Reply(("Done.",)))
    talk.ask("Clean up.")
    talk.expect('Datalfred wants to run: maintain_table {"database": "sales", "table": "orders", "force": false}')
    talk.expect("Type yes to run it:")
    talk.type(f"{typed}\r")
    talk.expect(outcome)
    talk.expect("Done.")
    assert talk.leave() == 0


@pytest.mark.parametrize(("typed", "outcome"), [("yes", " characters"), ("y", "< failed: maintain_table was not")])
def test_a_single_question_at_a_terminal_asks_for_approvals(chat, typed, outcome):
    asked = chat(Reply((MAINTAIN,)), Reply(("done",)), options=("--user-prompt", "Clean up."))
    asked.expect('Datalfred wants to run: maintain_table {"database": "sales", "table": "orders", "force": false}')
    asked.expect("Type yes to run it:")
    asked.type(f"{typed}\r")
    asked.expect(outcome)
    asked.expect("done")
    assert asked.process.wait(timeout=60) == 0


def test_what_was_typed_before_an_operation_is_shown_does_not_approve_it(chat):
    talk = chat(Reply(("Let me see.\n\n", MAINTAIN), is_held=True), Reply(("Done.",)))
    talk.expect("> ")
    talk.type("Clean up.\ryes\r")
    talk.expect("Let me see.")
    talk.type("yes\r")
    talk.server.released.set()
    talk.expect("Type yes to run it:")
    talk.type("no\r")
    talk.expect("maintain_table was not approved")
    assert talk.leave() == 0


def test_a_signal_at_the_question_of_an_approval_ends_the_process(chat):
    asked = chat(Reply((MAINTAIN,)), Reply(("done",)), options=("--user-prompt", "Clean up."))
    asked.expect("Type yes to run it:")
    asked.process.terminate()
    assert asked.process.wait(timeout=60) == 128 + signal.SIGTERM


def test_an_approval_that_is_pending_when_the_chat_is_killed_is_asked_for_again(chat):
    shown = 'Datalfred wants to run: maintain_table {"database": "sales", "table": "orders", "force": false}'
    killed = chat(Reply((MAINTAIN,)))
    session = re.search(r"session (\S+)\.", killed.expect("Alt+Enter"))[1]
    killed.ask("Clean up.")
    killed.expect(shown)
    killed.expect("Type yes to run it:")
    killed.process.kill()
    killed.process.wait()
    resumed = chat(Reply(("Done.",)), options=("--session-id", session))
    resumed.expect(shown)
    resumed.expect("Type yes to run it:")
    resumed.type("yes\r")
    resumed.expect(" characters")
    resumed.ask("Is it done?")
    resumed.expect("Done.")
    assert "dev_sales.orders" in json.dumps(resumed.server.requests[0]["messages"][-1])
    assert resumed.leave() == 0
