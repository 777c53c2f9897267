"""Queries that run in processes of their own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

ENDLESS = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(n), UNNEST(sequence(1, 10000)) AS b(n), "
    "UNNEST(sequence(1, 10000)) AS c(n) WHERE a.n + b.n + c.n < 0"
)


def child(process: subprocess.Popen[str]) -> Path:
    """Waits until a process has started another one; returns the folder of that one in /proc."""
    while not (children := Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()):
        time.sleep(0.01)
    return Path("/proc", children.split()[0])


def has_ended(process: Path) -> bool:
    """Whether a process has ended, even if its parent has not waited for it."""
    try:
        # https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html
        return not (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True
