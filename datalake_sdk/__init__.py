"""Ingest, query and maintain Apache Iceberg tables, on a laptop and on AWS.

Names are imported when they are first used, so that `import datalake_sdk` and `datalake_sdk --help` stay fast.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if sys.platform == "win32":
    raise ImportError(
        "datalake_sdk runs on Linux and macOS. On Windows, install it in the Windows Subsystem for Linux: "
        "https://learn.microsoft.com/windows/wsl/install"
    )

if sys.platform == "linux":
    # Arrow reads the variable once, when it first allocates memory: https://arrow.apache.org/docs/cpp/env_vars.html
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")

if TYPE_CHECKING:
    from datalake_sdk import errors
    from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
    from datalake_sdk.settings import OutputTable
    from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper

    __version__: str

__all__ = ["NativePythonProcessingWrapper", "OutputTable", "SparkProcessingWrapper", "__version__", "errors"]

_MODULES = {
    "NativePythonProcessingWrapper": "datalake_sdk.native_python_processing_wrapper",
    "OutputTable": "datalake_sdk.settings",
    "SparkProcessingWrapper": "datalake_sdk.spark_processing_wrapper",
}


def __getattr__(name: str) -> Any:
    """Imports a public name: https://peps.python.org/pep-0562/."""
    if name == "errors":
        return import_module("datalake_sdk.errors")
    if name == "__version__":
        from importlib.metadata import version

        return version("datalake-sdk")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'datalake_sdk' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
