"""`python -m test.account`: tests the complete examples in a sandbox account; see README.md."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from threading import Event

from test.account.run import run
from test.account.sandbox import UnconfirmedAccountError, confirmed_sandbox

_RECORDS = Path(__file__).with_name("records")


def main() -> int:
    """Runs the test and writes its report."""
    parser = argparse.ArgumentParser(prog="python -m test.account", description=__doc__)
    parser.add_argument("--records", type=Path, default=_RECORDS, help="Folder of the report.  [default: %(default)s]")
    records = parser.parse_args().records
    try:
        sandbox = confirmed_sandbox()
    except UnconfirmedAccountError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="datalake_account_test_"))
    sys.stderr.write(f"account {sandbox.account}, {sandbox.region}, as {sandbox.caller}; states are in {folder}\n")
    report = run(sandbox, folder, _interruption())
    if not report.left:
        shutil.rmtree(folder)
    records.mkdir(exist_ok=True)
    page = records / f"{report.name}-{sandbox.region}.md"
    page.write_text(report.page(sandbox), encoding="utf-8")
    sys.stdout.write(page.read_text(encoding="utf-8"))
    return 0 if report.is_successful else 1


def _interruption() -> Event:
    """Returns an event that Ctrl-C and the cancellation of a CI job set, instead of ending the process."""
    interrupted = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    return interrupted


if __name__ == "__main__":
    sys.exit(main())
