"""Processes of a local run: their environment, their output, and that no descendant outlives them."""

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
from datalake_sdk.operations.run_pipeline.processes import ProcessContext, Processes, RunStopped

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
from datalake_sdk.operations.run_pipeline.processes import Processes, ProcessContext

folder = Path(sys.argv[1])
with Processes() as processes:
    processes.run([sys.executable, "-c", sys.argv[2]], ProcessContext(folder / "log", folder, {}))
"""


@pytest.fixture
def context(tmp_path):
    return ProcessContext(tmp_path / "log", tmp_path, {**os.environ, "TASK_NAME": "load"})


@pytest.fixture(params=["served", "children"])
def processes(request, monkeypatch):
    """Processes with a process server, and on systems that do not support them."""
    if request.param == "children":
        monkeypatch.setattr(module, "is_supported", lambda: False)
    with Processes() as processes:
        yield processes


def python(program):
    return [sys.executable, "-c", program]


def printed(context):
    return context.log.read_text(encoding="utf-8").splitlines()


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


def test_a_process_has_its_working_directory_variables_and_log(processes, context, monkeypatch):
    monkeypatch.setenv("OTHER", "of the run")
    context.log.write_text("before\n", encoding="utf-8")
    program = (
        "import os, sys; print(os.getcwd(), os.environ['TASK_NAME'], 'OTHER' in os.environ); print(1, file=sys.stderr)"
    )
    assert processes.run(python(f"{program}; sys.exit(3)"), context) == 3
    assert sorted(printed(context)) == sorted(["before", f"{context.folder} load False", "1"])


def test_the_exit_code_of_a_killed_process_is_negative(processes, context):
    assert processes.run(python("import os; os.kill(os.getpid(), 9)"), context) == -9


def test_a_forked_module_runs_like_a_program(context, monkeypatch):
    (context.folder / "imported_task.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{context.folder}{os.pathsep}{REPOSITORY}")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setenv("OTHER", "of the run")
    plain = subprocess.run(
        [sys.executable, "-m", "imported_task"],
        cwd=context.folder,
        env={**context.variables, "PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    with Processes() as processes:
        for _ in range(2):
            assert (
                processes.run_module(sys.executable, "imported_task", context, 60, ["imported_task"])
                == plain.returncode
                == 3
            )
    facts, first_number, same_facts, second_number = printed(context)
    assert json.loads(facts) == json.loads(same_facts) == json.loads(plain.stdout.splitlines()[0])
    assert first_number != second_number


def test_all_output_of_a_forked_module_and_nothing_else_is_logged(context, monkeypatch):
    (context.folder / "logging_task.py").write_text(
        "import atexit, duckdb, sys\n"
        "if __name__ == '__main__':\n"
        "    atexit.register(print, 'atexit', file=sys.stderr)\n"
        "    print(duckdb.sql('SELECT 1').fetchall())\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", f"{context.folder}{os.pathsep}{REPOSITORY}")
    with Processes() as processes:
        assert processes.run_module(sys.executable, "logging_task", context, 60, ["logging_task"]) == 0
    assert printed(context) == ["[(1,)]", "atexit"]


def test_a_module_that_cannot_be_imported_logs_why(context, monkeypatch):
    (context.folder / "broken_task.py").write_text("import no_such_package", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{context.folder}{os.pathsep}{REPOSITORY}")
    with Processes() as processes:
        assert processes.run_module(sys.executable, "broken_task", context, 60, ["broken_task"]) == 1
    assert printed(context)[-1] == "ModuleNotFoundError: No module named 'no_such_package'"


def test_a_server_that_cannot_start_fails_its_processes(context, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho broken environment\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    with Processes() as processes:
        assert [processes.run_module(str(program), "json", context, 60, ["json"]) for _ in range(2)] == [1, 1]
    assert printed(context) == ["broken environment"] * 2


def test_a_server_that_was_killed_is_replaced(context):
    # The parent of a process is its supervisor, whose parent is the server.
    program = """
import os, signal
from pathlib import Path
status = Path(f"/proc/{os.getppid()}/status").read_text()
os.kill(int(status.split("PPid:")[1].split()[0]), signal.SIGKILL)
"""
    with Processes() as processes:
        assert processes.run(python(program), context) == 0
        assert processes.run(python("print('started')"), context) == 0
    assert printed(context) == ["started"]


def test_a_process_is_stopped_after_its_timeout(processes, context):
    (context.folder / "hanging_task.py").write_text("import signal; signal.pause()", encoding="utf-8")
    assert processes.run_module(sys.executable, "hanging_task", context, 0.01, []) is None


def test_children_do_not_outlive_a_process(processes, context):
    assert processes.run(python(DAEMON.format(session=False)), context) == 0
    (pids,) = printed(context)
    assert all(map(has_ended, pids.split()))


def test_daemons_do_not_outlive_a_process(context):
    with Processes() as processes:
        assert processes.run(python(DAEMON.format(session=True)), context) == 0
    (pids,) = printed(context)
    assert all(map(has_ended, pids.split()))


def test_stopped_processes_receive_sigterm(processes, context):
    program = f"import os, signal; open({str(context.folder / 'ready')!r}, 'w').close(); signal.pause()"
    os.mkfifo(context.folder / "ready")
    codes = []
    thread = Thread(target=lambda: codes.append(processes.run(python(program), context)))
    thread.start()
    (context.folder / "ready").open("rb").close()
    processes.stop()
    thread.join()
    assert codes == [-signal.SIGTERM]
    with pytest.raises(RunStopped):
        processes.run(python("pass"), context)


def test_a_process_does_not_outlive_a_killed_run(context):
    os.mkfifo(context.folder / "ready")
    program = f"import os, signal; open({str(context.folder / 'ready')!r}, 'w').write(str(os.getpid())); signal.pause()"
    run = subprocess.Popen([sys.executable, "-c", RUN, str(context.folder), program], cwd=REPOSITORY)
    pid = int((context.folder / "ready").read_text(encoding="utf-8"))
    run.kill()
    run.wait()
    assert has_ended(pid)
