"""Runs the blocks of pages, and compares or replaces the output that they show.

The blocks of a page run in order, in one shell and one new folder, which stands for /home/ada/shop:

- A block of `sh` contains commands. A block of `text` right below it shows their output. `…` in it stands for any text,
  and a line `…` for any lines. Without such a block, the output is not compared.
- A block whose first line is a comment with the path of a file, such as `# tasks/load/code/main.py`, becomes this file.
- A comment above a block changes this:
  - `<!-- fails -->`: the last command must fail.
  - `<!-- serves: 127.0.0.1:8767 -->`: the commands start a server, which the next block finds at this address. It is
    stopped by the next server, or at the end of the page.
  - `<!-- run by: path -->`: a test or another page runs the commands.
  - `<!-- not run: reason -->`: nothing can run them here.
- `<!-- before: commands -->` runs commands that readers do not see. In them, `$REPOSITORY` is the folder of the
  repository.
- `<!-- run on: emulator -->` anywhere on a page runs it in an emulated AWS account: see `page_account`.

`python -m doc_resources.page_blocks` rewrites the outputs that have changed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from doc_resources.pages import REPOSITORY, pages
from doc_resources.warm_program import warm_program

SHOWN_FOLDER = "/home/ada/shop"
SHELL = ("sh", "shell", "bash", "console")
_HIDDEN = "before"
_BLOCK = re.compile(
    r"^(?:<!-- before:\s(?P<before>.*?)-->\n|"
    r"(?:<!-- (?P<mark>fails|(?:serves|run by|not run): [^>]*?) -->\n)?```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?)",
    re.DOTALL | re.MULTILINE,
)
_FILE = re.compile(r"(?:#|--) (?P<path>[\w.-]+(?:/[\w.-]+)*\.\w+)\n")
_SERVE = """\
stop_server() {{
  kill -- -"$server" && wait "$server" || true
  # Its last process may end after its parent.
  for _ in {{1..50}}; do
    kill -0 -- -"$server" 2> /dev/null || break
    sleep 0.1
  done
}}
[ -z "${{server:-}}" ] || stop_server
# Another run of the tests may use the port.
tries=300
while (exec 3<> /dev/tcp/{host}/{port}) 2> /dev/null; do
  [ $((tries -= 1)) -gt 0 ] || {{ echo "{host}:{port} is in use"; exit 1; }}
  sleep 0.2
done
server_log=$(mktemp)
set -m
{{
{commands}}} > "$server_log" 2>&1 &
server=$!
set +m
trap stop_server EXIT
until (exec 3<> /dev/tcp/{host}/{port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ <&3) 2> /dev/null; do
  kill -0 "$server" 2> /dev/null || {{ cat "$server_log"; exit 1; }}
  sleep 0.1
done
rm "$server_log"
"""
_EMULATOR = "<!-- run on: emulator -->\n"
_SHOWN_OF_FAILURE = 4000
"""Characters at the end of the output of a block that failed."""
_VARYING = re.compile(
    r"\b([0-9a-f]{32}|\d{15,}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\S+|\d{8}T\d{6}-\w{4}"
    r"|\d+\.\d\d$|\d[\d.,]* (?:kB|MB|bytes|s\b))",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Args:
        line: Number of its first line.
        language: The language after the backticks; `before` for commands that readers do not see.
        text: Its lines.
        mark: `fails`, or one of `serves`, `run by` and `not run` with its text, such as `not run: reason`.
        output: The output shown below it.
    """

    line: int
    language: str
    text: str
    mark: str = ""
    output: str | None = None

    @property
    def is_shell(self) -> bool:
        """Whether a reader would run the block in a shell."""
        return self.language in SHELL

    @property
    def commands(self) -> str:
        """The commands to run for the block; empty if it does not run with its page."""
        if self.mark.startswith(("not run", "run by")):
            return ""
        if file := _FILE.match(self.text):
            path = shlex.quote(file["path"])
            return f"mkdir -p \"$(dirname {path})\"\ncat > {path} <<'END OF FILE'\n{self.text}END OF FILE\n"
        if self.language not in ("sh", _HIDDEN):
            return ""
        if self.mark.startswith("serves"):
            host, port = self.mark.removeprefix("serves: ").split(":")
            return _SERVE.format(commands=self.text, host=host, port=port)
        return f"if {{\n{self.text}}}; then exit 1; fi\n" if self.mark == "fails" else self.text

    @property
    def run_by(self) -> str:
        """Path of the test or the page that runs the block; empty if it is not marked so."""
        return self.mark.removeprefix("run by: ") if self.mark.startswith("run by") else ""


def blocks(page: str) -> list[Block]:
    """Returns the blocks of a page and its hidden commands."""
    return [_block(page, found) for found in _BLOCK.finditer(page)]


def runs(page: str) -> bool:
    """Whether a page contains commands that run."""
    return any(block.is_shell and block.commands for block in blocks(page))


def needs_emulator(page: str) -> bool:
    """Whether a page runs in an emulated AWS account."""
    return _EMULATOR in page


def rewritten(
    page: str, programs: str = "", variables: Mapping[str, str] | None = None, folder: Path | None = None
) -> str:
    """Returns the page with the outputs that have changed replaced by those of a run.

    Args:
        page: The text of the page.
        programs: Folders to add to PATH: see `warm_program`.
        variables: Environment variables to add, such as those of the emulator.
        folder: The folder to run in; a new one by default.

    Raises:
        RuntimeError: A block failed, or one that must fail succeeded.
    """
    steps = [block for block in blocks(page) if block.commands]
    with TemporaryDirectory() as temporary:
        outputs = iter(_run(steps, programs, variables or {}, folder or Path(temporary)))

    def replaced(found: re.Match[str]) -> str:
        block = _block(page, found)
        output = next(outputs) if block.commands else ""
        if not block.commands or block.output is None or matches(block.output, output):
            return found[0]
        return found[0].removesuffix(f"{block.output}```\n") + f"{output}```\n"

    return _BLOCK.sub(replaced, page)


def matches(shown: str, output: str) -> bool:
    """Whether an output is the one shown, apart from ids, times, durations and sizes."""
    pattern = re.escape(_masked(shown)).replace("…", ".*")
    return re.fullmatch(re.sub(r"^\.\*\\?\n", "(?:.*\n)*", pattern, flags=re.MULTILINE), _masked(output)) is not None


def _block(page: str, found: re.Match[str]) -> Block:
    line = page.count("\n", 0, found.start()) + 1
    if found["before"] is not None:
        return Block(line, _HIDDEN, found["before"])
    return Block(line, found["language"], found["text"], found["mark"] or "", found["output"])


def _masked(text: str) -> str:
    """Masks values that vary between runs; the widths of tables vary with them."""
    return re.sub(r"─+| +", lambda run: run[0][0], _VARYING.sub("…", text))


def _run(steps: list[Block], programs: str, variables: Mapping[str, str], folder: Path) -> list[str]:
    """Returns the output of each block. All run in one shell, which exits at the first failure."""
    script = "\n".join(f"{step.commands}\nprintf '\\0'" for step in steps)
    path = os.pathsep.join([programs, str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**_clean_environment(), **variables, "PATH": path, "REPOSITORY": str(REPOSITORY)}
    shell = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    outputs = shell.stdout.replace(str(folder), SHOWN_FOLDER).split("\0")
    if shell.returncode:
        line, end = steps[len(outputs) - 1].line, outputs[-1][-_SHOWN_OF_FAILURE:]
        raise RuntimeError(f"the block in line {line} of the page failed:\n{end}")
    return outputs[:-1]


def _clean_environment() -> dict[str, str]:
    """Returns the environment without the variables that select a lake or an account, or add options to pytest."""
    changing = ("AWS_", "DATALAKE_", "PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME", "TABLE_STORAGE", "PYTEST_", "TF_")
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}


def _main() -> None:
    shell = []
    with warm_program() as programs:
        for path in pages():
            page = path.read_text(encoding="utf-8")
            if runs(page) and not needs_emulator(page):
                path.write_text(rewritten(page, programs), encoding="utf-8")
            shell += [block for block in blocks(page) if block.is_shell]
    ran, elsewhere = (sum(map(bool, each)) for each in zip(*((b.commands, b.run_by) for b in shell), strict=True))
    skipped = len(shell) - ran - elsewhere
    print(f"{ran} blocks of commands run, {elsewhere} run in other tests, {skipped} have a reason not to")


if __name__ == "__main__":
    _main()
