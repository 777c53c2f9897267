"""Real images without a container engine: Debian's buildah, a base of Debian's packages, a registry on this machine."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import subprocess
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
_OF_PIP = ("PIP_CERT", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "SSL_CERT_FILE")

_PROGRAM = """\
#!/bin/bash
words=("${{@//{ecr}/{registry}}}")
case $1 in
  login) more=--tls-verify=false ;;
  push) more=--disable-compression ;;
esac
exec {buildah} "$1" $more "${{words[@]:1}}"
"""
"""Another buildah: it finds ECR here, logs in without TLS, and does not compress what it pushes."""


def why_not() -> str:
    """Why images cannot be built here, empty where they can; installs missing packages where it may."""
    missing = [package for package in _PACKAGES if not shutil.which(package)]
    if missing and (os.geteuid() or not shutil.which("apt-get")):
        return f"only root, with apt-get, can install what is missing: {', '.join(missing)}"
    with _locked("packages"):
        for arguments in (["update"], ["--yes", "--no-install-recommends", "install", *missing]) if missing else ():
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "-qq", *arguments], env=quiet, check=True)
    return ""


class Registry:
    """A registry of images on this machine, until `stop`.

    Args:
        folder: Where it keeps them.
    """

    def __init__(self, folder: Path) -> None:
        settings = folder / "registry.yml"
        storage = f"storage:\n  filesystem:\n    rootdirectory: {folder / 'registry'}\n"
        settings.write_text(f"version: 0.1\n{storage}http:\n  addr: 127.0.0.1:0\n")
        # It takes settings from variables that begin with REGISTRY_ too.
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
        """Tags that were pushed to a repository."""
        with urllib.request.urlopen(f"http://{self.address}/v2/{repository}/tags/list") as answer:
            tags: list[str] = json.load(answer)["tags"]
        return tags

    def stop(self) -> None:
        with self._process:
            self._process.terminate()
            self._reader.join()


class Buildah:
    """buildah, with layers of earlier runs at hand; what it does in the account's ECR happens in a registry here.

    Args:
        folder: For its settings.
        registry: Its address.
    """

    def __init__(self, folder: Path, registry: str) -> None:
        self.environment = {
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_CONF": _written(folder / "containers.conf", _containers()),
            "CONTAINERS_REGISTRIES_CONF": _written(folder / "registries.conf", _registries(registry)),
            "CONTAINERS_STORAGE_CONF": _written(folder / "storage.conf", _storage(folder)),
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "REGISTRY_AUTH_FILE": _written(folder / "auth.json", "{}"),
        }
        self._registry = registry
        _write_program(folder / "bin" / "buildah", registry)
        with _locked("base"):
            if BASE_IMAGE not in self._images():
                self._make_base()

    def run(self, image: str, command: str, variables: Mapping[str, str]) -> str:
        """Runs a shell's command in a new container of an image, as its user; returns what it printed."""
        container = self._run("from", image)
        words = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        try:
            return self._run("run", *words, container, "--", "sh", "-euc", command)
        finally:
            self._run("rm", container)

    def forget_earlier(self, repository: str) -> None:
        """Removes a repository's images of earlier runs, and the layers that only they have."""
        earlier = [name for name in self._images() if f"/{repository}:" in name and self._registry not in name]
        if earlier:
            self._run("rmi", *earlier)

    def _images(self) -> list[str]:
        return self._run("images", "--format", "{{.Name}}:{{.Tag}}").split()

    def _make_base(self) -> None:
        """What stands for the image `python:3.13-slim`: Debian 13 has this Python."""
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
    variables = [f"{name}={os.environ[name]}" for name in _OF_PIP if name in os.environ]
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
    return f'[storage]\ndriver = "{driver}"\ngraphroot = "{_CACHE / "storage"}"\nrunroot = "{folder / "run"}"\n'


def _written(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)


def _write_program(file: Path, registry: str) -> None:
    file.parent.mkdir()
    file.write_text(_PROGRAM.format(ecr=_ECR, registry=registry, buildah=shutil.which("buildah")))
    file.chmod(0o755)


@contextmanager
def _locked(what: str) -> Iterator[None]:
    """One process at a time: tests run in several."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"{what}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
