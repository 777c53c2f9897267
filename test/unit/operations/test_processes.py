"""Processes of a local run: what they are given, and that none of them or their descendants is left."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from datalake_sdk.operations.run_pipeline import processes as module
from datalake_sdk.operations.run_pipeline.processes import Processes, RunStopped, Surroundings

REPOSITORY = str(Path(__file__).parents[3])
MODULE = """
import json, os, signal, sys
import numpy.random

if __name__ != "__main__":
    raise ImportError

facts = {
    "argv": sys.argv,
    "name": __name__,
    "spec": __spec__.name,
    "main": sys.modules["__main__"].__spec__.name,
    "cwd": os.getcwd(),
    "path": sys.path[0],
    "imported": "imported_task" in sys.modules,
    "options": str(sys.flags),
    "variables": {name: os.environ.get(name) for name in ("TASK_NAME", "OTHER", "PATH")},
    "sigchld": str(signal.getsignal(signal.SIGCHLD)),
    "stdin": sys.stdin.read(),
}
print(json.dumps(facts))
print(numpy.random.randint(2**31))
sys.exit(3)
"""
DAEMON = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session={session})
print(os.getpid(), child.pid, flush=True)
"""
RUN = """
import sys
from pathlib import Path
from datalake_sdk.operations.run_pipeline.processes import Processes, Surroundings

folder = Path(sys.argv[1])
with Processes() as processes:
    processes.run([sys.executable, "-c", sys.argv[2]], Surroundings(folder / "log", folder, {}))
"""


@pytest.fixture
def given(tmp_path):
    return Surroundings(tmp_path / "log", tmp_path, {**os.environ, "TASK_NAME": "load"})


@pytest.fixture(params=["served", "children"])
def processes(request, monkeypatch):
    """Processes of a server, and where servers are not supported."""
    if request.param == "children":
        monkeypatch.setattr(module, "is_supported", lambda: False)
    with Processes() as processes:
        yield processes


def python(program):
    return [sys.executable, "-c", program]


def printed(given):
    return given.log.read_text(encoding="utf-8").splitlines()


def has_ended(pid):
    """Waits for the end of a process that is not a child of this one."""
    try:
        process = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 60)[0])
    finally:
        os.close(process)


def test_a_process_has_its_folder_its_variables_and_its_log(processes, given, monkeypatch):
    monkeypatch.setenv("OTHER", "of the run")
    given.log.write_text("before\n", encoding="utf-8")
    program = (
        "import os, sys; print(os.getcwd(), os.environ['TASK_NAME'], 'OTHER' in os.environ); print(1, file=sys.stderr)"
    )
    assert processes.run(python(f"{program}; sys.exit(3)"), given) == 3
    assert sorted(printed(given)) == sorted(["before", f"{given.folder} load False", "1"])


def test_the_exit_code_of_a_killed_process_is_negative(processes, given):
    assert processes.run(python("import os; os.kill(os.getpid(), 9)"), given) == -9


def test_a_forked_module_runs_like_a_program(given, monkeypatch):
    (given.folder / "imported_task.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{given.folder}{os.pathsep}{REPOSITORY}")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setenv("OTHER", "of the run")
    plain = subprocess.run(
        [sys.executable, "-m", "imported_task"],
        cwd=given.folder,
        env={**given.variables, "PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    with Processes() as processes:
        for _ in range(2):
            assert (
                processes.run_module(sys.executable, "imported_task", given, 60, ["imported_task"])
                == plain.returncode
                == 3
            )
    facts, first_number, same_facts, second_number = printed(given)
    assert json.loads(facts) == json.loads(same_facts) == json.loads(plain.stdout.splitlines()[0])
    assert first_number != second_number


def test_all_output_of_a_forked_module_and_nothing_else_is_logged(given, monkeypatch):
    (given.folder / "logging_task.py").write_text(
        "import atexit, duckdb, sys\n"
        "if __name__ == '__main__':\n"
        "    atexit.register(print, 'atexit', file=sys.stderr)\n"
        "    print(duckdb.sql('SELECT 1').fetchall())\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", f"{given.folder}{os.pathsep}{REPOSITORY}")
    with Processes() as processes:
        assert processes.run_module(sys.executable, "logging_task", given, 60, ["logging_task"]) == 0
    assert printed(given) == ["[(1,)]", "atexit"]


def test_a_module_that_cannot_be_imported_logs_why(given, monkeypatch):
    (given.folder / "broken_task.py").write_text("import no_such_package", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{given.folder}{os.pathsep}{REPOSITORY}")
    with Processes() as processes:
        assert processes.run_module(sys.executable, "broken_task", given, 60, ["broken_task"]) == 1
    assert printed(given)[-1] == "ModuleNotFoundError: No module named 'no_such_package'"


def test_a_server_that_cannot_start_fails_its_processes(given, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho broken environment\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    with Processes() as processes:
        assert [processes.run_module(str(program), "json", given, 60, ["json"]) for _ in range(2)] == [1, 1]
    assert printed(given) == ["broken environment"] * 2


def test_a_server_that_was_killed_is_replaced(given):
    # The parent of a process is its supervisor, whose parent is the server.
    program = """
import os, signal
from pathlib import Path
status = Path(f"/proc/{os.getppid()}/status").read_text()
os.kill(int(status.split("PPid:")[1].split()[0]), signal.SIGKILL)
"""
    with Processes() as processes:
        assert processes.run(python(program), given) == 0
        assert processes.run(python("print('started')"), given) == 0
    assert printed(given) == ["started"]


def test_a_process_is_stopped_after_its_timeout(processes, given):
    (given.folder / "hanging_task.py").write_text("import signal; signal.pause()", encoding="utf-8")
    assert processes.run_module(sys.executable, "hanging_task", given, 0.01, []) is None


def test_children_do_not_outlive_a_process(processes, given):
    assert processes.run(python(DAEMON.format(session=False)), given) == 0
    (pids,) = printed(given)
    assert all(map(has_ended, pids.split()))


def test_daemons_do_not_outlive_a_process(given):
    with Processes() as processes:
        assert processes.run(python(DAEMON.format(session=True)), given) == 0
    (pids,) = printed(given)
    assert all(map(has_ended, pids.split()))


def test_stopped_processes_receive_sigterm(processes, given):
    program = f"import os, signal; open({str(given.folder / 'ready')!r}, 'w').close(); signal.pause()"
    os.mkfifo(given.folder / "ready")
    codes = []
    thread = Thread(target=lambda: codes.append(processes.run(python(program), given)))
    thread.start()
    (given.folder / "ready").open("rb").close()
    processes.stop()
    thread.join()
    assert codes == [-signal.SIGTERM]
    with pytest.raises(RunStopped):
        processes.run(python("pass"), given)


def test_a_process_does_not_outlive_a_killed_run(given):
    os.mkfifo(given.folder / "ready")
    program = f"import os, signal; open({str(given.folder / 'ready')!r}, 'w').write(str(os.getpid())); signal.pause()"
    run = subprocess.Popen([sys.executable, "-c", RUN, str(given.folder), program], cwd=REPOSITORY)
    pid = int((given.folder / "ready").read_text(encoding="utf-8"))
    run.kill()
    run.wait()
    assert has_ended(pid)
