"""What Terraform's state contains, in the output of `terraform show -json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


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


def resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    """Yields the resources and data sources of a module and of the modules that it calls."""
    for found in module.get("resources", []):
        yield Resource(found["address"], found["mode"], found["type"], found["values"])
    for child in module.get("child_modules", []):
        yield from resources(child)
