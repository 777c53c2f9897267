"""What every test runs with."""

from __future__ import annotations

import os

import pandas  # noqa: F401  The command line, when it runs first, makes pyarrow do without pandas: see cli/imports.py.
from hypothesis import settings

pytest_plugins = ["test.emulator.fixtures"]

# CI tries the same examples on every run, so that a red one is the change's fault; elsewhere each run tries new ones.
settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")
