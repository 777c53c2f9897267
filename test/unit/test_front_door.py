"""`import datalake_sdk`: its public names, imported when they are first used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import datalake_sdk


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_the_public_names_are_those_of_their_modules():
    from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
    from datalake_sdk.settings import OutputTable
    from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper

    assert datalake_sdk.NativePythonProcessingWrapper is NativePythonProcessingWrapper
    assert datalake_sdk.SparkProcessingWrapper is SparkProcessingWrapper
    assert datalake_sdk.OutputTable is OutputTable
    assert datalake_sdk.__version__ == version("datalake-sdk")


@pytest.mark.parametrize("name", datalake_sdk.__all__)
def test_every_public_name_can_be_imported_and_is_listed(name):
    assert getattr(datalake_sdk, name) is not None
    assert name in dir(datalake_sdk)


def test_an_unknown_name_is_reported_with_the_public_ones():
    with pytest.raises(AttributeError, match="no attribute 'PythonWrapper'; it has NativePythonProcessingWrapper"):
        _ = datalake_sdk.PythonWrapper


def test_the_import_loads_no_other_module_of_the_package():
    ran = python("import sys, datalake_sdk; print([name for name in sys.modules if name.startswith('datalake_sdk.')])")
    assert ran.stdout == "[]\n"


def test_errors_are_available_without_another_import():
    assert python("import datalake_sdk; datalake_sdk.errors.TransientError").returncode == 0


def test_on_windows_the_error_recommends_the_subsystem_for_linux():
    ran = python("import sys; sys.platform = 'win32'; import datalake_sdk")
    assert ran.returncode == 1
    assert "ImportError: datalake_sdk runs on Linux and macOS. On Windows, install it in the" in ran.stderr
