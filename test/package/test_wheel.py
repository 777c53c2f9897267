"""The wheel in empty environments: the core alone and with all extras on each supported Python, and with each extra."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from test.terraform.tools import uv

REPOSITORY = Path(__file__).parents[2]
SUPPORTED = ("3.11", "3.13")
RUNNING = "{}.{}".format(*sys.version_info)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv"
EXTRAS = {
    "local": "datalake_sdk.platforms.local.sql",
    "aws": "datalake_sdk.platforms.aws.platform",
    "dlt": "datalake_sdk.dlt_sources.load",
    "spark": "datalake_sdk.spark_processing_wrapper, pyspark.sql",
    "openlineage": "datalake_sdk.ledger.transport, openlineage.client",
    "slack": "datalake_sdk.failure_reports.slack",
    "agent": "datalake_sdk.datalfred_agent.chat, datalake_sdk.datalfred_agent.mcp_server",
    "init": "datalake_sdk.scaffold, copier",
    "ui": "datalake_sdk.ui.app",
}
"""Modules that need the packages of each extra."""
WITHOUT_EXTRA = {
    "local": ["--local", "lake", "query", "SELECT 1"],
    "aws": ["-p", "shop", "-d", "sales", "-s", "dev", "list_tables"],
    "agent": ["--local", "lake", "datalfred", "--user-prompt", "How many orders?"],
    "init": ["init", "shop", "--defaults"],
    "ui": ["--local", "lake", "ui"],
}
INGEST = ["--local", "lake", "ingest", "-db", "shop", "-t", "orders", "-m", "append", "-f", "orders.csv"]
ALL_MODULES = """
import importlib, pkgutil, datalake_sdk
for module in pkgutil.walk_packages(datalake_sdk.__path__, "datalake_sdk."):
    if not module.name.startswith(("datalake_sdk.dbt_adapter", "datalake_sdk.pytest_plugin")):
        importlib.import_module(module.name)
"""


@dataclass(frozen=True)
class Environment:
    """An environment with the wheel, and the folder in which its programs run."""

    root: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.root / "bin" / program, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def succeed(self, program: str, *arguments: str) -> str:
        ran = self.run(program, *arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPOSITORY]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installer:
    """Installs locked packages with one version of Python."""

    python: Path
    folder: Path

    def environment(self, name: str) -> Environment:
        """Creates an empty environment."""
        root = self.folder / name
        root.mkdir()
        self._uv("venv", "--python", self.python, root / "venv")
        (root / "orders.csv").write_text("order_id,amount\n1,12.50\n2,8.25\n")
        return Environment(root / "venv", root)

    def locked(self, *extras: str) -> list[str]:
        """Returns the requirements of the package with these extras."""
        command = [self.python, REPOSITORY / ".ci/locked_requirements.py", *extras]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def install(self, environment: Environment, requirements: Iterable[str], *wheels: Path) -> None:
        """Installs exactly these requirements and wheels."""
        lines = environment.folder / "requirements.txt"
        lines.write_text("\n".join(requirements))
        self._uv("pip", "install", "--no-deps", "--require-hashes", "--requirement", lines, environment=environment)
        for wheel in wheels:
            self._uv("pip", "install", "--no-deps", wheel, environment=environment)

    def check(self, environment: Environment) -> None:
        """Fails if a requirement of an installed package is not installed."""
        self._uv("pip", "check", environment=environment)

    def _uv(self, *arguments: object, environment: Environment | None = None) -> None:
        variables = {"UV_CACHE_DIR": str(CACHE)} | ({"VIRTUAL_ENV": str(environment.root)} if environment else {})
        subprocess.run([uv(), "--quiet", *map(str, arguments)], env=os.environ | variables, check=True)


@pytest.fixture(scope="module", params=SUPPORTED)
def installer(request, tmp_path_factory):
    return Installer(_interpreter(request.param), tmp_path_factory.mktemp(f"python{request.param}"))


@pytest.fixture(scope="module")
def core(installer, wheel):
    """An environment without extras."""
    environment = installer.environment("core")
    installer.install(environment, installer.locked(), wheel)
    return environment


@pytest.fixture
def with_extras(installer, core):
    """`with_extras(*extras)`: an environment with the packages that extras add, and those of the core."""

    def with_extras(*extras: str) -> Environment:
        environment = installer.environment("_".join(extras))
        installer.install(environment, set(installer.locked(*extras)) - set(installer.locked()))
        packages = "import sysconfig; print(sysconfig.get_path('purelib'))"
        shared = Path(environment.succeed("python", "-c", packages).strip(), "core.pth")
        shared.write_text(core.succeed("python", "-c", packages))
        return environment

    return with_extras


def test_every_extra_is_tested():
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRAS) == extras.keys() - {"bench", "dev"}


def test_the_core_alone_writes_tables_and_names_missing_extras(installer, core):
    installer.check(core)
    assert "rows inserted  2" in core.succeed("datalake_sdk", *INGEST)
    assert "dev_shop.orders" in core.succeed("datalake_sdk", "--local", "lake", "list_tables")
    for extra, arguments in WITHOUT_EXTRA.items():
        refused = core.run("datalake_sdk", *arguments)
        assert refused.returncode == 2, refused.stdout + refused.stderr
        assert f"pip install 'datalake-sdk[{extra}]'" in refused.stderr


@pytest.mark.parametrize("installer", [RUNNING], indirect=True)
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_alone_provides_the_packages_of_its_modules(with_extras, extra):
    with_extras(extra).succeed("python", "-c", f"import {EXTRAS[extra]}")


def test_all_extras_together(with_extras):
    environment = with_extras(*EXTRAS)
    environment.succeed("python", "-c", ALL_MODULES)
    environment.succeed("python", "-m", "datalake_sdk.cli", *INGEST)
    total = "SELECT sum(amount) AS total FROM dev_shop.orders"
    assert "20.75" in environment.succeed("python", "-m", "datalake_sdk.cli", "--local", "lake", "query", total)


def _interpreter(version: str) -> Path:
    if version == RUNNING:
        return Path(sys.executable)
    installed = sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    found = shutil.which(f"python{version}") or (installed and installed[-1])
    if not found:
        pytest.skip(f"Python {version} is not on PATH")
    return Path(found)
