"""Builds a wheel of the running SDK, which images install."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
"""Folder of the package `datalake_sdk`."""
_DBT_ADAPTER = "dbt/*/datalake"
"""Folders of the dbt adapter, next to the package; other packages share their parents."""
_BUILD_FILES = ("LICENSE", "pyproject.toml")
_DIGEST_LENGTH = 12
_WHEEL = "Wheel-Version: 1.0\nGenerator: datalake_sdk\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path, package: Path = PACKAGE) -> str:
    """Writes the wheel; works for editable installations, too.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/

    Args:
        folder: Folder of the wheel.
        package: Folder of the package.

    Returns:
        Version of the wheel; its local segment identifies the content, as in `modules/sdk_package`.
    """
    installed = distribution("datalake-sdk")
    metadata, entry_points = (installed.read_text(name) or "" for name in ("METADATA", "entry_points.txt"))
    files = {str(path.relative_to(package.parent)): path.read_bytes() for path in _package_files(package)}
    built = {**files, **_build_files(package.parent)}
    version = installed.version if "+" in installed.version else f"{installed.version}+h{_digest(built)}"
    information = f"datalake_sdk-{version}.dist-info"
    files[f"{information}/METADATA"] = re.sub(r"(?m)^Version: .*$", f"Version: {version}", metadata, count=1).encode()
    files[f"{information}/WHEEL"] = _WHEEL.encode()
    files[f"{information}/entry_points.txt"] = entry_points.encode()
    files[f"{information}/RECORD"] = _record(files, information).encode()
    with zipfile.ZipFile(folder / f"datalake_sdk-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            wheel.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return version


def _package_files(package: Path) -> list[Path]:
    folders = [package, *package.parent.glob(_DBT_ADAPTER)]
    files = (path for folder in folders for path in folder.rglob("*"))
    return sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts)


def _build_files(checkout: Path) -> dict[str, bytes]:
    """Returns the other files that determine the content of the wheel; none outside of a checkout."""
    return {name: (checkout / name).read_bytes() for name in _BUILD_FILES if (checkout / name).is_file()}


def _digest(files: Mapping[str, bytes]) -> str:
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    text = json.dumps(digests, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def _record(files: Mapping[str, bytes], information: str) -> str:
    lines = [f"{name},sha256={_urlsafe(content)},{len(content)}\n" for name, content in files.items()]
    return "".join([*lines, f"{information}/RECORD,,\n"])


def _urlsafe(content: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
