"""Builds the wheel of the SDK, and publishes it to CodeArtifact.

    package.py build VERSION FOLDER   puts the wheel into a folder
    package.py publish VERSION        uploads the wheel, unless the repository has this version already

VERSION is that in pyproject.toml with a local segment that identifies the content of the package. `publish` reads the
endpoint of the repository from ENDPOINT and its authorization token from TOKEN.
"""

from __future__ import annotations

import base64
import fcntl
import html
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

SOURCE = Path(__file__).resolve().parents[2]
WHEELS = SOURCE / "dist"
PACKAGE = "datalake-sdk"
BUILD_TOOLS = {"build": "1.6.1", "poetry-core": "2.5.0"}
UPLOAD_TOOLS = {"twine": "7.0.0"}
OTHERWISE = "or set enable_codeartifact = false."
NEXT = f"Then apply again, {OTHERWISE}"
CREDENTIALS_HINT = (
    "The identity that runs Terraform requires codeartifact:ReadFromRepository on the repository. An authorization"
    f" token expires after 12 hours: if the plan is older, create a new one. {NEXT}"
)
SERVICE_HINT = f"Apply again later, {OTHERWISE}"
INDEX_HINT = "Configure pip with a package index, for example PIP_INDEX_URL, or install these packages for python3."
TOOLS_HINT = (
    "They are installed from the CodeArtifact repository, which gets them from PyPI through its external connection"
    f" public:pypi. Install these packages for python3. {NEXT}"
)
NETWORK_HINT = f"Check the network, its proxy and the VPC endpoint codeartifact.repositories. {NEXT}"


def main(command: str, version: str, *folder: str) -> None:
    """Runs a command of this program."""
    if command == "build":
        build(version, Path(*folder))
    else:
        publish(version, Repository(os.environ["ENDPOINT"], os.environ["TOKEN"]))


def build(version: str, folder: Path) -> None:
    """Puts the wheel into a folder, which is created.

    Args:
        version: Version of the wheel.
        folder: Where to put it.
    """
    with locked(), tools(build_tools(version), {}) as python:
        wheel = built_wheel(version, python)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(wheel, folder)


def publish(version: str, repository: Repository) -> None:
    """Uploads the wheel, unless the repository has this version, and waits until it can be installed.

    Args:
        version: Version of the wheel.
        repository: Where to upload it.
    """
    with locked():
        if repository.has(version):
            sys.stdout.write(f"{PACKAGE} {version} is in {repository.endpoint}.\n")
            return
        with tools(build_tools(version) | UPLOAD_TOOLS, {"PIP_INDEX_URL": repository.index}) as python:
            is_uploaded = repository.upload(built_wheel(version, python), python)
        # Another machine may have published this version in the meantime.
        if not is_uploaded and not repository.has(version):
            fail(
                f"{repository.endpoint} rejected {PACKAGE} {version}: see the error above.",
                "The identity that runs Terraform requires codeartifact:PublishPackageVersion on the package"
                f" {PACKAGE}. {NEXT}",
            )
        wait_for(repository, version)


class Repository:
    """A CodeArtifact repository.

    Args:
        endpoint: Its endpoint for Python packages, which ends with a slash.
        token: Authorization token.

    Attributes:
        endpoint: The same endpoint.
        index: URL of its package index, with the token.
    """

    def __init__(self, endpoint: str, token: str) -> None:
        self.endpoint = endpoint
        self.index = endpoint.replace("://", f"://aws:{token}@") + "simple/"
        self._token = token

    def has(self, version: str) -> bool:
        """Whether the index lists the wheel of this version."""
        request = urllib.request.Request(f"{self.endpoint}simple/{PACKAGE}/")
        credentials = base64.b64encode(f"aws:{self._token}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {credentials}")
        try:
            with urllib.request.urlopen(request, timeout=60) as page:
                return wheel_name(version) in urllib.parse.unquote(html.unescape(page.read().decode()))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            hint = CREDENTIALS_HINT if error.code in (401, 403) else SERVICE_HINT
            fail(f"{self.endpoint} answered with {error.code} {error.reason}.", hint)
        except OSError as error:
            fail(f"{self.endpoint} cannot be reached: {getattr(error, 'reason', error)}.", NETWORK_HINT)

    def upload(self, wheel: Path, python: str) -> bool:
        """Uploads a wheel, and prints the error if that fails.

        An interrupted upload leaves nothing behind, and identical content may be uploaded again.
        https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html#package-publishing-overwrite-assets

        Returns:
            Whether the wheel was uploaded.
        """
        options = ["--non-interactive", "--disable-progress-bar", "--repository-url", self.endpoint]
        credentials = {"TWINE_USERNAME": "aws", "TWINE_PASSWORD": self._token}
        command = [python, "-m", "twine", "upload", *options, str(wheel)]
        return subprocess.run(command, env=os.environ | credentials).returncode == 0


def wait_for(repository: Repository, version: str) -> None:
    """Waits until the index of a repository lists an uploaded version.

    https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html#package-publishing-latency
    """
    for _ in range(60):
        if repository.has(version):
            return
        time.sleep(1)
    fail(f"{PACKAGE} {version} was uploaded, but {repository.endpoint} does not list it.", SERVICE_HINT)


def wheel_name(version: str) -> str:
    """https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention."""
    return f"{PACKAGE.replace('-', '_')}-{version}-py3-none-any.whl"


def build_tools(version: str) -> dict[str, str]:
    """The packages that are required to build the wheel; none if it exists."""
    return {} if (WHEELS / wheel_name(version)).exists() else BUILD_TOOLS


def built_wheel(version: str, python: str) -> Path:
    """Returns the wheel, which is built unless it exists: its version identifies its content.

    Args:
        version: Version of the wheel.
        python: A Python with the build tools.
    """
    wheel = WHEELS / wheel_name(version)
    if not wheel.exists():
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            label = f"local-version={version.partition('+')[2]}"
            options = ["--wheel", "--no-isolation", "--outdir", folder, "--config-setting", label]
            if subprocess.run([python, "-m", "build", *options, SOURCE], stdout=subprocess.DEVNULL).returncode:
                fail(f"The wheel of {SOURCE} cannot be built: see the error above.")
            (Path(folder) / wheel.name).replace(wheel)
    return wheel


@contextmanager
def tools(required: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yields a Python with packages: this one if it has them, otherwise a temporary virtual environment.

    Args:
        required: Version to install of each package.
        environment: Environment variables of pip.
    """
    if all(map(is_installed, required)):
        yield sys.executable
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True, symlinks=True)
        python = f"{folder}/bin/python"
        pinned = [f"{name}=={version}" for name, version in required.items()]
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned]
        if subprocess.run(command, env=os.environ | environment).returncode:
            fail(
                f"pip cannot install {', '.join(required)}, with which the SDK is packaged: see the error above.",
                TOOLS_HINT if environment else INDEX_HINT,
            )
        yield python


def is_installed(package: str) -> bool:
    """Whether this Python has a package."""
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@contextmanager
def locked() -> Iterator[None]:
    """Lets one process at a time build and publish: Terraform creates the images of a domain in parallel."""
    WHEELS.mkdir(exist_ok=True)
    with (WHEELS / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fail(*lines: str) -> NoReturn:
    """Ends the program with an error message."""
    sys.exit("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
