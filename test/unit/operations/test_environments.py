"""Environments of tasks: created once, from scratch after a failure, and by one run at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from datalake_sdk.errors import RequirementsError
from datalake_sdk.operations.run_pipeline.environments import Requirements, python_program


class Installer:
    """Runs no programs, but creates the folders that they would; a result of None interrupts the installation."""

    def __init__(self, *results, wait=lambda: None):
        self.results = list(results)
        self.wait = wait
        self.installed = []

    def run(self, command, given):
        if "venv" in command:
            Path(command[-1], "lib/python3/site-packages").mkdir(parents=True)
            return 0
        self.wait()
        (environment,) = Path.home().glob(".cache/datalake_sdk/environments/*/lib")
        self.installed.append(len(list(environment.rglob("partial"))))
        (environment / "partial").touch()
        result = self.results.pop(0)
        if result is None:
            raise KeyboardInterrupt
        return result


@pytest.fixture
def create(tmp_path, monkeypatch):
    """`create(installer)` returns the Python program of a task with requirements."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    file = tmp_path / "requirements.txt"
    file.write_text("humanize", encoding="utf-8")
    requirements = Requirements("load", file, ("local",))
    return lambda installer: python_program(requirements, installer, tmp_path / "log", lambda: None)


def test_an_environment_is_created_once(create):
    first, second = Installer(0), Installer()
    assert create(first) == create(second)
    assert (first.installed, second.installed) == ([0], [])


@pytest.mark.parametrize(("result", "error"), [(1, RequirementsError), (None, KeyboardInterrupt)])
def test_an_installation_that_failed_is_repeated_from_scratch(create, result, error):
    with pytest.raises(error):
        create(Installer(result))
    second = Installer(0)
    create(second)
    assert second.installed == [0]


def test_two_runs_share_an_environment_that_both_need(create):
    both, installing = Barrier(2), Event()

    def create_at_once(installer):
        both.wait()
        return create(installer)

    installers = [Installer(0, wait=installing.set) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(create_at_once, installers))) == 1
    assert installing.is_set()
    assert sorted(len(installer.installed) for installer in installers) == [0, 1]
