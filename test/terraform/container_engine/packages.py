"""Installs the SDK into a folder without its dependencies, as pip does it from a folder or from a package index."""

from __future__ import annotations

import base64
import configparser
import io
import re
import tempfile
import urllib.request
import zipfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit


def install(configuration: str, store: Path, version: str, folder: Path, target: Path) -> None:
    """Installs exactly this version of the SDK. Images with the same wheel share its files, which are compiled once.

    Args:
        configuration: Content of pip.conf; its index is used if the folder does not contain the wheel.
        store: Folder for the files of the wheels.
        version: Version of the SDK.
        folder: Folder that may contain the wheel.
        target: Path for the packages.

    Raises:
        FileNotFoundError: Neither the folder nor the index has this version.
    """
    name = f"datalake_sdk-{version}-py3-none-any.whl"
    wheel = folder / name
    content = wheel.read_bytes() if wheel.exists() else _downloaded(name, configuration)
    packages = store / sha256(content).hexdigest()[:16]
    store.mkdir(parents=True, exist_ok=True)
    if not packages.exists():
        _extract(content, packages)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A Dockerfile may install the SDK again, with more of its extras.
    target.unlink(missing_ok=True)
    target.symlink_to(packages)


def _extract(content: bytes, folder: Path) -> None:
    """Extracts a wheel at once, since other builds may be extracting it too."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        extracted = Path(temporary, "packages")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(extracted)
        # Fails if another build has extracted it first.
        with suppress(OSError):
            extracted.rename(folder)


def _downloaded(name: str, configuration: str) -> bytes:
    settings = configparser.RawConfigParser()
    settings.read_string(configuration or "[global]")
    index = settings.get("global", "index-url", fallback="")
    page = f"{index}datalake-sdk/"
    links = re.findall(r'href="([^"#]+)', _read(page).decode()) if index else []
    found = [link for link in links if unquote(link).endswith(f"/{name}")]
    if not found:
        raise FileNotFoundError(f"no {name} in the package index {urlsplit(index).hostname}")
    return _read(urljoin(page, found[0]))


def _read(url: str) -> bytes:
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    credentials = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(plain, headers={"Authorization": f"Basic {credentials}"})
    with urllib.request.urlopen(request) as answer:
        content: bytes = answer.read()
    return content
