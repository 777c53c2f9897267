"""CLI configuration of Terraform: providers from a local mirror if one exists, otherwise from the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

_PREFIXES = ("/opt", "/srv", "/usr/share", "/usr/lib", "/usr/local/share", "/usr/local/lib", "/var/lib")
_USER_FOLDERS = (".terraform.d", ".local/share")
_PROVIDER = "registry.terraform.io/hashicorp/aws"
_DEPTHS = ("", "*/", "*/*/")


def write_cli_configuration(folder: Path) -> Path:
    """Writes a configuration file for `TF_CLI_CONFIG_FILE`.

    https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation

    Args:
        folder: Folder of the file.
    """
    file = folder / "terraform.rc"
    mirror = find_provider_mirror()
    file.write_text("disable_checkpoint = true\n" + (_installation(mirror) if mirror else ""))
    return file


def find_provider_mirror() -> Path | None:
    """Returns the first mirror with the AWS provider below the usual prefixes."""
    return next(_mirrors(), None)


def _mirrors() -> Iterator[Path]:
    for prefix in (*map(Path, _PREFIXES), *(Path.home() / name for name in _USER_FOLDERS)):
        for depth in _DEPTHS:
            for provider in sorted(prefix.glob(depth + _PROVIDER)):
                yield provider.parents[2]


def _installation(mirror: Path) -> str:
    path = json.dumps(str(mirror))
    return f"""
provider_installation {{
  filesystem_mirror {{
    path    = {path}
    include = ["registry.terraform.io/*/*"]
  }}
}}
"""
