"""Real images without a container engine: Debian's buildah, a base image of Debian packages, and a local registry."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

BASE_IMAGE = "localhost/python:3.13-slim"
PLATFORM = "linux/arm64" if platform.machine() in ("aarch64", "arm64") else "linux/amd64"
_ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_PACKAGES = ("buildah", "debootstrap", "docker-registry")
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "datalake_sdk_images"
_CERTIFICATES = "/etc/ssl/certs"
PUBLIC_INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple")
_PIP_VARIABLES = ("PIP_CERT", "PIP_EXTRA_INDEX_URL", "SSL_CERT_FILE")

_PROGRAM = """\
#!/bin/bash
words=("${{@//{ecr}/{registry}}}")
case $1 in
  login) more=--tls-verify=false ;;
  push) more=--disable-compression ;;
esac
exec {buildah} "$1" $more "${{words[@]:1}}"
"""
"""A wrapper of buildah that replaces ECR with the local registry, without TLS and without compression."""


_CURL = """\
#!/bin/bash
exec {curl} "${{@//https:\\/\\/{ecr}/http://{registry}}}"
"""
"""A wrapper of curl that replaces ECR with the local registry."""


def reason_to_skip() -> str:
    """Returns why images cannot be built here, or an empty string. Installs missing packages if it can."""
    missing = [package for package in _PACKAGES if not shutil.which(package)]
    if missing and (os.geteuid() or not shutil.which("apt-get")):
        return f"missing packages, which only root can install with apt-get: {', '.join(missing)}"
    with _locked("packages"):
        for arguments in (["update"], ["--yes", "--no-install-recommends", "install", *missing]) if missing else ():
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "-qq", *arguments], env=quiet, check=True)
    return ""


class Registry:
    """A local image registry, until `stop`.

    Args:
        folder: Folder for its settings and its storage.

    Attributes:
        address: Host and port.
    """

    def __init__(self, folder: Path) -> None:
        settings = folder / "registry.yml"
        storage = f"storage:\n  filesystem:\n    rootdirectory: {folder / 'registry'}\n"
        settings.write_text(f"version: 0.1\n{storage}http:\n  addr: 127.0.0.1:0\n")
        # The registry also reads settings from variables that start with REGISTRY_.
        self._storage = folder / "registry"
        self._process = subprocess.Popen(
            ["docker-registry", "serve", settings],
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        printed = iter(self._process.stderr or ())
        line = next(line for line in printed if "listening on" in line)
        self.address = line.partition("listening on ")[2].partition('"')[0]
        self._reader = Thread(target=list, args=(printed,))
        self._reader.start()

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository."""
        with urllib.request.urlopen(f"http://{self.address}/v2/{repository}/tags/list") as answer:
            tags: list[str] = json.load(answer)["tags"]
        return tags

    def blobs(self) -> Iterator[bytes]:
        """The layers, configurations and manifests of all images, decompressed."""
        for file in self._storage.rglob("data"):
            content = file.read_bytes()
            yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content

    def stop(self) -> None:
        with self._process:
            self._process.terminate()
            self._reader.join()


class Buildah:
    """buildah with cached layers, and with a local registry instead of the account's ECR.

    Args:
        folder: Folder for its settings.
        registry: Address of the registry.
    """

    def __init__(self, folder: Path, registry: str) -> None:
        self.environment = {
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_CONF": _written(folder / "containers.conf", _containers()),
            "CONTAINERS_REGISTRIES_CONF": _written(folder / "registries.conf", _registries(registry)),
            "CONTAINERS_STORAGE_CONF": _written(folder / "storage.conf", _storage(folder)),
            # This Python has the tools that publish the SDK.
            "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "REGISTRY_AUTH_FILE": _written(folder / "auth.json", "{}"),
        }
        self._registry = registry
        _write_program(folder / "bin" / "buildah", _PROGRAM, registry=registry, buildah=shutil.which("buildah"))
        _write_program(folder / "bin" / "curl", _CURL, registry=registry, curl=shutil.which("curl"))
        with _locked("base"):
            if BASE_IMAGE not in self._images():
                self._make_base()

    def run(self, image: str, command: str, variables: Mapping[str, str]) -> str:
        """Runs a shell command in a new container of an image, as the user of the image, and returns its output."""
        container = self._run("from", image)
        words = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        try:
            return self._run("run", *words, container, "--", "sh", "-euc", command)
        finally:
            self._run("rm", container)

    def containers(self) -> list[str]:
        """The images of the working containers that exist."""
        return self._run("containers", "--format", "{{.ImageName}}").split()

    def engine_settings(self, folder: Path, pattern: str) -> dict[str, str]:
        """Returns variables of the container engine of the tests, which then also builds images with buildah.

        Args:
            folder: Folder for the settings of buildah.
            pattern: Regular expression for the tags of the images.
        """
        settings = {"environment": {**self.environment, "HOME": str(Path.home())}, "base_image": BASE_IMAGE}
        file = _written(folder / "buildah.json", json.dumps(settings))
        return {"CONTAINER_ENGINE_BUILDAH": file, "CONTAINER_ENGINE_REAL": pattern}

    def remove_old_images(self, pattern: str) -> None:
        """Removes the images of earlier runs whose names match a regular expression, and layers that only they use.

        Also removes their containers, which runs that were killed have left.
        """
        old = [name for name in self._images() if re.search(pattern, name) and self._registry not in name]
        if old:
            self._run("rmi", "--force", *old)

    def _images(self) -> list[str]:
        return self._run("images", "--format", "{{.Name}}:{{.Tag}}").split()

    def _make_base(self) -> None:
        """Creates a substitute for the image `python:3.13-slim` from Debian 13, which has the same Python version."""
        root = _CACHE / "root"
        shutil.rmtree(root, ignore_errors=True)
        packages = "--include=ca-certificates,python3.13,python3.13-venv"
        subprocess.run(["debootstrap", "--variant=minbase", packages, "trixie", root], check=True)
        for downloads in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / downloads)
        container = self._run("from", "scratch")
        self._run("add", "--quiet", container, str(root), "/")
        self._run("run", container, "--", "python3.13", "-m", "venv", "/usr/local")
        self._run("config", "--env", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
        self._run("commit", "--quiet", "--rm", container, BASE_IMAGE)
        shutil.rmtree(root)

    def _run(self, *arguments: str) -> str:
        ran = subprocess.run(
            ["buildah", *arguments], env={**os.environ, **self.environment}, capture_output=True, text=True
        )
        assert ran.returncode == 0, f"buildah {' '.join(arguments)}:\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout.strip()


def _containers() -> str:
    variables = [f"{name}={os.environ[name]}" for name in _PIP_VARIABLES if name in os.environ]
    volumes = [f"{_CERTIFICATES}:{_CERTIFICATES}:ro"]
    return f"[containers]\nenv = {json.dumps(variables)}\nvolumes = {json.dumps(volumes)}\n"


def _registries(registry: str) -> str:
    return f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n'


def _storage(folder: Path) -> str:
    probe = [
        "buildah",
        "--storage-driver=overlay",
        f"--root={_CACHE / 'probe'}",
        f"--runroot={folder / 'probe'}",
        "info",
    ]
    driver = "vfs" if subprocess.run(probe, capture_output=True).returncode else "overlay"
    # Mounts are counted in runroot: a process with another one detaches those of running containers when it exits.
    # https://github.com/containers/storage/blob/main/docs/containers-storage.conf.5.md
    return f'[storage]\ndriver = "{driver}"\ngraphroot = "{_CACHE / "storage"}"\nrunroot = "{_CACHE / "run"}"\n'


def _written(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)


def _write_program(file: Path, program: str, **values: str | None) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(program.format(ecr=_ECR, **values))
    file.chmod(0o755)


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Holds a lock, since tests run in several processes."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
