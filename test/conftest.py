"""What every test runs with."""

from __future__ import annotations

import os
import shutil

import pandas  # noqa: F401  The command line, when it runs first, makes pyarrow do without pandas: see cli/imports.py.
import pytest
from hypothesis import settings

pytest_plugins = ["test.emulator.fixtures"]

# CI tries the same examples on every run, so that a red one is the change's fault; elsewhere each run tries new ones.
settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


# The number of files that a write creates depends on the number of threads.
os.environ.setdefault("DATALAKE_SDK_THREADS", "2")

# Spark loads some 14,000 classes, and a test is over before it earns back what verifying and optimising them costs.
# https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html
os.environ.setdefault(
    "JDK_JAVA_OPTIONS",
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spark's tests come first: processes that share the tests then leave them to one, and only that starts Spark."""
    items.sort(key=lambda item: item.get_closest_marker("java") is None)
    for item in items:
        if item.get_closest_marker("java") and shutil.which("java") is None:
            item.add_marker(pytest.mark.skip("Spark needs Java 17 to 21: install it, for example default-jre-headless"))
