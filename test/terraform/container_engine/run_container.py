"""Runs a command in a new container of an image, with the environment variables of this process.

run_container.py SETTINGS IMAGE COMMAND…
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_OF_THIS_MACHINE = ("HOME", "LANG", "PATH", "SSL_CERT_FILE")


def main(settings: str, image: str, *command: str) -> int:
    """Runs the command and returns its exit code.

    Args:
        settings: JSON file with the environment variables of buildah.
        image: Name of the image, which is in the registry.
        command: Command of the container.
    """
    names = [name for name in os.environ if name not in _OF_THIS_MACHINE]
    variables = [word for name in names for word in ("--env", f"{name}={os.environ[name]}")]
    own = {name: os.environ[name] for name in _OF_THIS_MACHINE if name in os.environ}
    environment = {**own, **json.loads(Path(settings).read_text())["environment"]}
    pulled = subprocess.run(["buildah", "from", image], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    container = pulled.stdout.strip()
    try:
        return subprocess.run(["buildah", "run", *variables, container, "--", *command], env=environment).returncode
    finally:
        subprocess.run(["buildah", "rm", container], env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
