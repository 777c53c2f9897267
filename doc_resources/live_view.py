"""Prints the live view of a run in a terminal, at each state that it shows: the Python and SQL tasks of an example."""

from __future__ import annotations

import errno
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "pipeline_factory/examples/complete"
_INBOX = "lake/local-lake-dev-technical/inbox"
_ROWS, _COLUMNS = 24, 100
_TOKEN = re.compile("\r|\n|\x1b\\[A|[^\r\n\x1b]+")


class Screen:
    """What a terminal shows, for programs that return to the start of a line and to lines above."""

    def __init__(self) -> None:
        self._lines = [""]
        self._row = self._column = 0

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines).strip("\n")

    def write(self, token: str) -> None:
        """Shows text without control characters, or executes one."""
        if token == "\r":
            self._column = 0
        elif token == "\n":
            self._row += 1
            self._lines += [""] * (self._row + 1 - len(self._lines))
        elif token == "\x1b[A":
            self._row -= 1
        else:
            line = self._lines[self._row].ljust(self._column)
            self._lines[self._row] = line[: self._column] + token + line[self._column + len(token) :]
            self._column += len(token)


def screens(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Runs a program whose stderr is a terminal; yields what it shows after each change."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (_ROWS, _COLUMNS))
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as program:
        os.close(theirs)
        screen, incomplete = Screen(), ""
        while shown := _read(ours):
            text, escape, rest = (incomplete + shown).rpartition("\x1b")
            incomplete = "" if rest.startswith("[A") or not escape else escape + rest
            for token in _TOKEN.findall(text if incomplete else text + escape + rest):
                screen.write(token)
                yield str(screen)
        os.close(ours)
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command)


def _read(terminal: int) -> str:
    """Reads from a terminal; returns an empty string after the program has exited."""
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError as error:
        # Linux raises an error if the other side is closed: https://man7.org/linux/man-pages/man7/pty.7.html
        if error.errno != errno.EIO:
            raise
        return ""


def main() -> None:
    """Prints the first view of each combination of states."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("customers"))
        file = folder / "pipeline.yaml"
        file.write_text(re.sub(r"  customers:\n(    .*\n)+", "", file.read_text(encoding="utf-8")), encoding="utf-8")
        (folder / _INBOX).mkdir(parents=True)
        shutil.copy(EXAMPLE / "orders.csv", folder / _INBOX)
        command = [sys.executable, "-m", "datalake_sdk.cli", "--local", "lake", "run_pipeline"]
        seen = set()
        for screen in screens(command, folder, {**os.environ, "PYTHONPATH": str(REPOSITORY)}):
            states = re.sub(r"\d+\.\d s", "", screen)
            if states not in seen:
                seen.add(states)
                print(f"{screen}\n")


if __name__ == "__main__":
    main()
