"""Names of files by the naming conventions of OpenLineage; platforms name tables."""

from __future__ import annotations

from urllib.parse import urlsplit


def file_identity(path: str) -> tuple[str, str]:
    """Returns namespace and name of files.

    https://openlineage.io/docs/spec/naming

    Args:
        path: A local path, a `file:` URI or an `s3://` URI.
    """
    parts = urlsplit(path)
    if parts.scheme in ("s3", "s3a", "s3n"):
        return f"s3://{parts.netloc}", parts.path.lstrip("/") or "/"
    return "file", parts.path if parts.scheme == "file" else path


def file_path(namespace: str, name: str) -> str:
    """Returns the path or URI of files, the inverse of `file_identity`."""
    return name if namespace == "file" else f"{namespace}/{name.lstrip('/')}"
