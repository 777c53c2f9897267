"""Packages of images: the wheel of the running SDK, and the package index of pip."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution

import pytest

from datalake_sdk.errors import PipConfigurationError
from datalake_sdk.operations.run_in_image.package_index import pip_configuration
from datalake_sdk.operations.run_in_image.sdk_wheel import write_wheel

PROGRAM = """
import importlib.metadata, sys
from pathlib import Path
import datalake_sdk
installed = importlib.metadata.distribution("datalake-sdk")
package = Path(datalake_sdk.__file__).parent
print(installed.version, package.name, (package / "py.typed").exists())
print(*installed.requires, sep="\\n")
"""


@pytest.fixture
def wheel(tmp_path):
    version = write_wheel(tmp_path)
    return tmp_path / f"datalake_sdk-{version}-py3-none-any.whl", version


def test_the_wheel_contains_the_running_sdk(wheel, tmp_path):
    file, version = wheel
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "unpacked")
    command = [sys.executable, "-S", "-c", PROGRAM]
    printed = subprocess.check_output(command, env={"PYTHONPATH": str(tmp_path / "unpacked")}, text=True)
    first, *requires = printed.splitlines()
    assert first == f"{version} datalake_sdk True"
    assert requires == distribution("datalake-sdk").requires


def test_the_record_of_the_wheel_lists_every_file(wheel):
    with zipfile.ZipFile(wheel[0]) as archive:
        (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
        listed = list(csv.reader(archive.read(record).decode().splitlines()))
        assert [name for name, *_ in listed] == archive.namelist()
        for name, digest, size in listed[:-1]:
            content = archive.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_the_same_sdk_has_the_same_wheel(wheel, tmp_path):
    (tmp_path / "again").mkdir()
    assert write_wheel(tmp_path / "again") == wheel[1]
    assert (tmp_path / "again" / wheel[0].name).read_bytes() == wheel[0].read_bytes()


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """`pip(text)`: writes the user's pip configuration."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "pip").mkdir()
    return lambda text: (tmp_path / "pip/pip.conf").write_text(text)


def test_images_install_from_the_configured_indexes(pip):
    pip(
        "[global]\nindex-url = https://aws:%50@here/simple/\nfind-links = /opt\nextra-index-url =\n  https://a\n  https://b\n"
    )
    assert pip_configuration() == (
        "[global]\nindex-url = https://aws:%50@here/simple/\nextra-index-url = https://a\n  https://b\n"
    )


def test_options_of_install_and_variables_override_global_options(pip, monkeypatch):
    pip("[global]\nindex-url = https://first\ntrusted-host = first\n[install]\ntrusted-host = second\n")
    assert pip_configuration() == "[global]\nindex-url = https://first\ntrusted-host = second\n"
    monkeypatch.setenv("PIP_INDEX_URL", "https://third")
    assert pip_configuration() == "[global]\nindex-url = https://third\ntrusted-host = second\n"


def test_a_given_configuration_replaces_that_of_the_user(pip, monkeypatch, tmp_path):
    pip("[global]\nindex-url = https://first\ntrusted-host = first\n")
    (tmp_path / "given.conf").write_text("[global]\nindex-url = https://second\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "given.conf"))
    assert pip_configuration() == "[global]\nindex-url = https://second\n"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "missing.conf"))
    assert "index-url = https://first\n" in pip_configuration()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert pip_configuration() == ""


def test_without_a_configuration_packages_come_from_pypi(pip):
    assert pip_configuration() == ""


def test_an_invalid_configuration_is_an_error(pip, tmp_path):
    pip("index-url = https://here\n")
    with pytest.raises(PipConfigurationError, match="pip.conf is not a valid pip configuration"):
        pip_configuration()
