"""The program that builds the wheel of the SDK and publishes it, with the emulator's CodeArtifact."""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCES = ("LICENSE", "README.md", "pyproject.toml", "modules/sdk_package/package.py", "modules/sdk_package/package.sh")
VERSION = "0.1.0+h0123456789ab"
WHEEL = f"datalake_sdk-{VERSION}-py3-none-any.whl"
NAMES = {"domain": "shop", "repository": "python"}
CLOSED = "http://127.0.0.1:9/pypi/python/"
NETWORK = ("Connection refused", "Check the network", "enable_codeartifact = false")
DENIED = ("401", "expires after 12 hours", "codeartifact:ReadFromRepository", "enable_codeartifact = false")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A copy of the files that are packaged, with a wheel."""
    folder = tmp_path_factory.mktemp("sources")
    copy_sources(folder)
    built = package(folder, "build", VERSION, str(folder / "context"))
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture
def sources(tmp_path):
    copy_sources(tmp_path / "sources")
    return tmp_path / "sources"


@pytest.fixture
def codeartifact(aws):
    """A client, and a repository without packages."""
    client = aws.client("codeartifact")
    client.create_domain(domain="shop")
    client.create_repository(**NAMES)
    return client


@pytest.fixture
def publish(codeartifact, built):
    """`publish(folder, **variables)`: publishes the SDK."""
    endpoint = codeartifact.get_repository_endpoint(**NAMES, format="pypi")["repositoryEndpoint"]
    token = codeartifact.get_authorization_token(domain="shop")["authorizationToken"]

    def publish(folder=built, **variables):
        return package(folder, "publish", VERSION, **{"ENDPOINT": endpoint, "TOKEN": token, **variables})

    publish.token = token
    return publish


def copy_sources(folder):
    for name in SOURCES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)
    (folder / "datalake_sdk").mkdir()
    (folder / "datalake_sdk/__init__.py").write_text("")
    (folder / "dbt").mkdir()
    (folder / "dbt/__version__.py").write_text("")


def package(folder, *arguments, **variables):
    """Runs package.sh with the Python of the tests, which has the tools."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(folder / "modules/sdk_package/package.sh"), *arguments]
    return subprocess.run(command, env={**os.environ, "PATH": path, **variables}, capture_output=True, text=True)


def test_the_wheel_has_the_given_version(built):
    assert [file.name for file in (built / "context").iterdir()] == [WHEEL]


def test_the_tools_have_the_versions_in_the_lock_file():
    packages = tomllib.loads((REPOSITORY / "poetry.lock").read_text())["package"]
    locked = {package["name"]: package["version"] for package in packages}
    source = (REPOSITORY / "modules/sdk_package/package.py").read_text()
    pinned = dict(re.findall(r'"([\w-]+)": "([\d.]+)"', source))
    assert pinned.keys() == {"build", "poetry-core", "twine"}
    assert pinned == {name: locked[name] for name in pinned}


def test_an_existing_wheel_is_not_built_again(built, tmp_path):
    before = (built / "dist" / WHEEL).stat().st_mtime_ns
    assert package(built, "build", VERSION, str(tmp_path)).returncode == 0
    assert (tmp_path / WHEEL).stat().st_mtime_ns == (built / "dist" / WHEEL).stat().st_mtime_ns == before


def test_a_source_that_cannot_be_built_is_reported_and_leaves_no_wheel(sources, tmp_path):
    shutil.rmtree(sources / "datalake_sdk")
    failed = package(sources, "build", VERSION, str(tmp_path / "context"))
    assert failed.returncode == 1
    assert f"The wheel of {sources} cannot be built" in failed.stderr
    assert not (tmp_path / "context").exists()
    assert [file.name for file in (sources / "dist").iterdir()] == [".lock"]


def test_a_version_is_published_once(publish):
    first, second = publish(), publish()
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    assert "Uploading" in first.stdout
    assert f"datalake-sdk {VERSION} is in http://" in second.stdout


def test_concurrent_applies_publish_a_version_once(publish):
    """A domain and its pipelines may be in the same configuration."""
    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda _: publish(), range(3)))
    assert [each.returncode for each in ran] == [0, 0, 0], ran
    assert sum("Uploading" in each.stdout for each in ran) == 1


def test_a_version_that_another_machine_published_in_the_meantime_is_accepted(publish, sources):
    """Its content may be different in README.md, so CodeArtifact rejects the upload."""
    assert publish().returncode == 0
    (sources / "README.md").write_text("New")
    published = publish(sources, PYTHONPATH=str(hide_the_version_from_the_first_request(sources / "patched")))
    assert "409 Conflict" in published.stdout
    assert published.returncode == 0


def hide_the_version_from_the_first_request(folder):
    """Makes Python programs receive an empty index once; returns a folder for PYTHONPATH."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import io, urllib.request\n"
        "stock, asked = urllib.request.urlopen, []\n"
        "def urlopen(request, **options):\n"
        "    asked.append(request)\n"
        "    return io.BytesIO() if len(asked) == 1 else stock(request, **options)\n"
        "urllib.request.urlopen = urlopen\n"
    )
    return folder


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({"ENDPOINT": CLOSED}, (CLOSED, *NETWORK)), ({"TOKEN": "expired"}, ("/shop/pypi/python/", *DENIED))],
    ids=["unreachable", "expired token"],
)
def test_a_repository_that_cannot_be_read_is_reported(publish, variables, expected):
    failed = publish(**variables)
    assert failed.returncode == 1
    assert [text for text in expected if text not in failed.stderr] == []


def test_a_denied_upload_is_reported_and_can_be_repeated(aws, codeartifact, publish):
    iam, arn = aws.client("iam"), f"arn:aws:iam::{aws.account}:role/packager"
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}}
    iam.create_role(RoleName="packager", AssumeRolePolicyDocument=policy({**trusted, "Action": "sts:AssumeRole"}))

    def allow(*actions):
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        iam.put_role_policy(RoleName="packager", PolicyName="packages", PolicyDocument=policy(statement))

    reading = ("codeartifact:GetAuthorizationToken", "codeartifact:ReadFromRepository", "sts:GetServiceBearerToken")
    allow(*reading)
    aws.enforce_iam()
    packager = aws.client("codeartifact", aws.assume_role(arn))
    token = packager.get_authorization_token(domain="shop")["authorizationToken"]
    denied = publish(TOKEN=token)
    assert denied.returncode == 1
    assert "403 Forbidden" in denied.stdout
    assert "requires codeartifact:PublishPackageVersion on the package datalake-sdk." in denied.stderr
    allow(*reading, "codeartifact:PublishPackageVersion")
    assert publish(TOKEN=token).returncode == 0


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_token_is_neither_printed_nor_an_argument(publish, tmp_path):
    """`ps` shows the arguments of all processes."""
    traced = tmp_path / "arguments"
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nopen({str(traced)!r}, 'a').write(' '.join(sys.orig_argv) + '\\n')\n"
    )
    published = publish(PYTHONPATH=str(tmp_path))
    assert "-m twine upload" in traced.read_text()
    assert publish.token not in traced.read_text() + published.stdout + published.stderr


@pytest.fixture
def bare_python(tmp_path):
    """A folder with a python3 that has no packages."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").write_text(f'#!/bin/sh\nexec {sys._base_executable} -I -S "$@"\n')
    (tmp_path / "bin/python3").chmod(0o755)
    return tmp_path / "bin"


def test_missing_tools_are_installed_from_the_repository(aws, codeartifact, publish, sources, bare_python):
    codeartifact.associate_external_connection(**NAMES, externalConnection="public:pypi")
    aws.control("connect_public_index", url=os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple"))
    published = publish(sources, PATH=f"{bare_python}{os.pathsep}/usr/bin:/bin", PIP_INDEX_URL=CLOSED)
    assert published.returncode == 0, published.stderr


def test_missing_tools_that_the_repository_does_not_have_are_reported(publish, sources, bare_python):
    failed = publish(sources, PATH=f"{bare_python}{os.pathsep}/usr/bin:/bin", PIP_INDEX_URL=CLOSED)
    assert failed.returncode == 1
    expected = ("pip cannot install build, poetry-core, twine", "public:pypi", "enable_codeartifact = false")
    assert [text for text in expected if text not in failed.stderr] == []
    assert publish.token not in failed.stdout + failed.stderr


def test_a_failure_of_the_service_is_not_explained_with_permissions(built):
    """The first answer of the server is an internal error."""
    with socketserver.TCPServer(("127.0.0.1", 0), UnavailableService) as server:
        threading.Thread(target=server.handle_request).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}/pypi/python/"
        failed = package(built, "publish", VERSION, ENDPOINT=endpoint, TOKEN="token")
    assert failed.returncode == 1
    assert "503 Service Unavailable" in failed.stderr
    assert "Apply again later" in failed.stderr
    assert "requires" not in failed.stderr


class UnavailableService(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)


def test_without_the_tools_and_a_package_index_the_error_names_both(sources, tmp_path, bare_python):
    variables = {"PATH": f"{bare_python}{os.pathsep}/usr/bin:/bin", "PIP_NO_INDEX": "1"}
    failed = package(sources, "build", VERSION, str(tmp_path / "context"), **variables)
    assert failed.returncode == 1
    assert "pip cannot install build, poetry-core" in failed.stderr
    assert "PIP_INDEX_URL" in failed.stderr


def test_a_missing_python_is_reported(sources, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in ("bash", "dirname"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    command = ["bash", str(sources / "modules/sdk_package/package.sh"), "build", VERSION, "context"]
    failed = subprocess.run(command, env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "Python 3.10 or newer, with venv" in failed.stderr
