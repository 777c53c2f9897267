"""What Terraform's state contains, read from the state file of the local backend.

`terraform show -json` prints the same values, but requests and decodes the schema of the provider first, which takes a
second of the processor's time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VERSION = 4


@dataclass(frozen=True)
class Resource:
    """A resource or a data source.

    Attributes:
        address: Address in its root module.
        mode: `managed`, or `data` for a data source.
        type: Type, such as `aws_iam_role`.
        values: All attributes.
    """

    address: str
    mode: str
    type: str
    values: Mapping[str, Any]


def read_state(folder: Path) -> dict[str, Any]:
    """Reads the state of a root module, which must have been applied."""
    state: dict[str, Any] = json.loads((folder / "terraform.tfstate").read_text(encoding="utf-8"))
    if state["version"] != _VERSION:
        raise NotImplementedError(f"{folder}: version of the state is {state['version']}, only {_VERSION} is known")
    return state


def resources(state: Mapping[str, Any]) -> Iterator[Resource]:
    """Yields the resources and data sources of a state, including those of the modules that it calls."""
    for found in state["resources"]:
        prefixes = [found["module"]] if "module" in found else []
        prefixes += ["data"] if found["mode"] == "data" else []
        address = ".".join([*prefixes, found["type"], found["name"]])
        for instance in found["instances"]:
            if "deposed" not in instance:
                values = instance["attributes"]
                yield Resource(address + _index(instance), found["mode"], found["type"], values)


def _index(instance: Mapping[str, Any]) -> str:
    return f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
