"""What every test runs with."""

from __future__ import annotations

import os

from hypothesis import settings

# CI tries the same examples on every run, so that a red one is the change's fault; elsewhere each run tries new ones.
settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")
