"""Locations, which engines write in different forms."""

from __future__ import annotations

import re


def location_key(location: str) -> str:
    """Normalizes a location: `file:/a` and `file:///a` are equal, and so are `s3://b/a` and `s3a://b/a`."""
    return re.sub(r"^s3[an]:", "s3:", re.sub(r"^file:(//)?", "", location))


def is_local(location: str) -> bool:
    """Whether a location is in the local file system, which answers without the delay of a network."""
    return location.startswith(("file:", "/"))


def is_inside(location: str, folder: str) -> bool:
    """Whether a location is below a folder; one that contains `..` is not, since it may lead out of it."""
    key = location_key(location)
    return key.startswith(location_key(folder).rstrip("/") + "/") and ".." not in key.split("/")
