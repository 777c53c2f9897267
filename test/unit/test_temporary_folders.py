"""The next command removes the temporary files of killed processes, and keeps those of running ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.errors import TemporaryFolderError
from datalake_sdk.temporary_folders import process_folder, remove_abandoned_folders

OWNER = """
import sys
from datalake_sdk.temporary_folders import process_folder
(process_folder() / "rows").write_text("rows")
print(process_folder(), flush=True)
sys.stdin.read()
"""
FORKS = """
import os, sys
from datalake_sdk.temporary_folders import process_folder
folder = process_folder()
(folder / "rows").write_text("rows")
{}
print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder of all temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def owner(temporary, program=OWNER):
    """A process that owns a folder, and the folder."""
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environment, start_new_session=True) as process:
        yield process, Path(process.stdout.readline().strip())


def test_a_process_removes_its_folder_on_exit(temporary):
    with owner(temporary) as (process, folder):
        assert folder.parent == temporary
        assert (folder / "rows").exists()
        assert str(process.pid) in folder.name
    assert not list(temporary.iterdir())


def test_the_next_command_removes_only_the_folders_of_killed_processes(temporary):
    with owner(temporary) as (_, running), owner(temporary) as (killed, abandoned):
        killed.kill()
        killed.wait()
        assert abandoned.exists()
        assert CliRunner().invoke(cli, ["--local", str(temporary / "lake"), "list_tables"]).exit_code == 0
        assert (running / "rows").exists()
        assert not abandoned.exists()


def test_the_next_process_with_temporary_files_removes_folders_of_killed_processes(temporary):
    with owner(temporary) as (killed, abandoned):
        killed.kill()
    own = process_folder()
    assert own.exists()
    assert not abandoned.exists()
    remove_abandoned_folders()
    assert own.exists()


def test_a_forked_child_keeps_the_folder_of_its_parent(temporary):
    with owner(temporary, FORKS.format("os.waitpid(os.fork() or sys.exit(), 0)")) as (_, folder):
        remove_abandoned_folders()
        assert (folder / "rows").exists()


def test_a_child_that_outlives_its_killed_parent_keeps_the_folder(temporary):
    with owner(temporary, FORKS.format("os.fork() and os.kill(os.getpid(), 9)")) as (parent, folder):
        parent.wait()
        remove_abandoned_folders()
        assert (folder / "rows").exists()
        os.killpg(parent.pid, signal.SIGKILL)


def test_links_and_files_are_not_followed_or_removed(temporary):
    kept = temporary / "kept"
    kept.mkdir()
    (kept / "rows").write_text("rows")
    prefix = f"datalake_sdk-{os.geteuid()}-1-"
    (temporary / f"{prefix}link").symlink_to(kept)
    (temporary / f"{prefix}file").write_text("text")
    (temporary / f"{prefix}folder").mkdir()
    (temporary / f"{prefix}folder" / "link").symlink_to(kept)
    remove_abandoned_folders()
    assert {entry.name for entry in temporary.iterdir()} == {"kept", f"{prefix}link", f"{prefix}file"}
    assert (kept / "rows").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to another user")
def test_folders_of_other_users_are_not_removed(temporary):
    folder = temporary / f"datalake_sdk-{os.geteuid()}-1-x"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    remove_abandoned_folders()
    assert folder.exists()


def test_a_missing_temporary_directory_is_an_error_that_names_tmpdir(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    remove_abandoned_folders()
    with pytest.raises(TemporaryFolderError, match="No such file or directory.*\n.*TMPDIR"):
        process_folder()
