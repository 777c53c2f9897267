"""Names of datasets that are not tables of the lake, by the naming conventions of OpenLineage.

https://openlineage.io/docs/spec/naming
"""

from __future__ import annotations

from urllib.parse import urlsplit


def external_identity(path: str) -> tuple[str, str]:
    """Returns namespace and name of files, or of a table of another database.

    Args:
        path: A local path, a `file:` URI, an `s3://` URI, or `redshift://{host}:{port}/{database}.{schema}.{table}`.
    """
    parts = urlsplit(path)
    if parts.scheme in ("", "file"):
        return "file", parts.path if parts.scheme else path
    scheme = "s3" if parts.scheme in ("s3a", "s3n") else parts.scheme
    return f"{scheme}://{parts.netloc}", parts.path.lstrip("/") or "/"


def external_path(namespace: str, name: str) -> str:
    """Returns the path or URI, the inverse of `external_identity`."""
    return name if namespace == "file" else f"{namespace}/{name.lstrip('/')}"


def is_external(name: str) -> bool:
    """Whether a name is a path or a URI instead of `database.table`."""
    return "/" in name
