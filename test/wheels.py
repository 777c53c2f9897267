"""A private Python package for tests: its wheel, and its upload."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

REQUIREMENT = "shop_greeting==1.0+h1"
_WHEEL = "shop_greeting-1.0+h1-py3-none-any.whl"
_INFORMATION = "shop_greeting-1.0+h1.dist-info"


def make_wheel(folder: Path, text: str = "hello") -> Path:
    """Makes a wheel with the module `shop_greeting`; the same text makes the same file.

    Args:
        folder: Folder for the wheel.
        text: Value of TEXT in the module.
    """
    files = {
        "shop_greeting.py": f"TEXT = {text!r}\n",
        f"{_INFORMATION}/METADATA": "Metadata-Version: 2.1\nName: shop.greeting\nVersion: 1.0+h1\n",
        f"{_INFORMATION}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_INFORMATION}/RECORD": "",
    }
    with zipfile.ZipFile(folder / _WHEEL, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return folder / _WHEEL


def upload(wheel: Path, endpoint: str, token: str) -> subprocess.CompletedProcess[str]:
    """Uploads a wheel to CodeArtifact with twine."""
    options = ["--non-interactive", "--disable-progress-bar", "--repository-url", endpoint]
    return subprocess.run(
        [sys.executable, "-m", "twine", "upload", *options, wheel],
        env={**os.environ, "TWINE_USERNAME": "aws", "TWINE_PASSWORD": token},
        capture_output=True,
        text=True,
    )
