from __future__ import annotations

import os
import subprocess
import sys

import pytest

VARIABLE = "ARROW_DEFAULT_MEMORY_POOL"


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms keep Arrow's default")
@pytest.mark.parametrize(("setting", "backend"), [({}, "jemalloc"), ({VARIABLE: "system"}, "system")])
def test_arrow_allocates_with_jemalloc_unless_the_user_chooses_another_allocator(setting, backend):
    program = "import datalake_sdk, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    variables = {name: value for name, value in os.environ.items() if name != VARIABLE} | setting
    result = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    assert (result.stdout.strip(), result.stderr) == (backend, "")
