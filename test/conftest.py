"""Settings and order of all tests."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Generator

import pandas  # noqa: F401  Otherwise the command line makes pyarrow work without pandas: see cli/imports.py.
import pytest
from hypothesis import settings

pytest_plugins = ["test.emulator.fixtures"]

# CI uses the same examples in every run, so that a failure is caused by the change; elsewhere each run uses new ones.
settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


# The number of files that a write creates depends on the number of threads.
os.environ.setdefault("DATALAKE_SDK_THREADS", "2")

# Spark loads about 14,000 classes; tests are too short for verifying and optimizing them to pay off. Without the last
# compiler tier, Java reserves 48 MB for compiled code, which the tests fill: Java then discards and recompiles methods.
# https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html
os.environ.setdefault(
    "JDK_JAVA_OPTIONS",
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote "
    "-XX:ReservedCodeCacheSize=256m -XX:-UseCodeCacheFlushing -XX:MetaspaceSize=256m",
)

# nohup and shells ignore signals for commands in the background, and programs that tests start would inherit this.
# https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_12
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Excludes modules and collected tests from garbage collection, which would scan their objects in vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """Releases the excluded objects: DuckDB would report them as leaks at exit."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the Spark tests first: only one of the pytest-xdist processes then gets them and starts Spark."""
    items.sort(key=lambda item: item.get_closest_marker("java") is None)
    for item in items:
        if item.get_closest_marker("java") and shutil.which("java") is None:
            item.add_marker(pytest.mark.skip("Spark needs Java 17 to 21: install it, for example default-jre-headless"))
