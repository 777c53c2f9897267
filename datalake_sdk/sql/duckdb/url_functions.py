"""URL functions, with the rules of `java.net.URI`."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote, unquote_plus

from datalake_sdk.sql.duckdb.python_types import InvalidArgumentError, PythonFunction

_URI = re.compile(
    r"""
    (?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?
    (?://(?P<authority>[^/?#]*))?
    (?P<path>[^?#]*)
    (?:\?(?P<query>[^#]*))?
    (?:\#(?P<fragment>.*))?
    """,
    re.VERBOSE | re.DOTALL,
)
_ILLEGAL = re.compile(r"""[\x00-\x20\x7f-\xa0"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})""")
"""Characters that are illegal in every component of a URI: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/URI.html"""
_SERVER = re.compile(
    r"""
    (?:[^@\[\]]*@)?
    (?P<host>
        \[[0-9A-Fa-f:.]+(?:%\w+)?\]
        | \d{1,3}(?:\.\d{1,3}){3}
        | (?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?
    )
    (?::(?P<port>\d*))?
    """,
    re.VERBOSE,
)
"""Server-based authority; any other is registry-based, without host and port."""
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LARGEST_PORT = 2**31 - 1


def _parsed(url: str) -> dict[str, str | None] | None:
    parts = _URI.fullmatch(url)
    if parts is None or _ILLEGAL.search(url) or "#" in (parts["fragment"] or ""):
        return None
    is_opaque = parts["scheme"] and parts["authority"] is None and not parts["path"].startswith("/")
    if is_opaque and not parts["path"]:
        return None
    if not parts["scheme"] and ":" in parts["path"].split("/")[0] and parts["authority"] is None:
        return None
    if "[" in parts["path"] or "]" in parts["path"]:
        return None
    path_and_query = {"path": None, "query": None} if is_opaque else {}
    return {**parts.groupdict(), **path_and_query}


def _server(url: str) -> re.Match[str] | None:
    parts = _parsed(url)
    return _SERVER.fullmatch(parts["authority"] or "") if parts else None


def _decoded_part(name: str, url: str) -> str | None:
    parts = _parsed(url)
    return None if parts is None else unquote(parts[name] or "")


def _path(url: str) -> str | None:
    return _decoded_part("path", url)


def _query(url: str) -> str | None:
    return _decoded_part("query", url)


def _fragment(url: str) -> str | None:
    return _decoded_part("fragment", url)


def _protocol(url: str) -> str | None:
    parts = _parsed(url)
    return None if parts is None else parts["scheme"] or ""


def _host(url: str) -> str | None:
    if _parsed(url) is None:
        return None
    server = _server(url)
    return server["host"] if server else ""


def _port(url: str) -> int | None:
    server = _server(url)
    port = int(server["port"]) if server and server["port"] else None
    return port if port is None or port <= _LARGEST_PORT else None


def _parameter(url: str, name: str) -> str | None:
    parts = _parsed(url)
    if parts is None or parts["query"] is None:
        return None
    for argument in parts["query"].split("&"):
        key, _, value = argument.partition("=")
        if key == name:
            return _decoded(value)
    return None


def _encoded(value: str) -> str:
    return quote_plus(value, safe="*").replace("~", "%7E")


def _decoded(value: str) -> str:
    if broken := _BROKEN_ESCAPE.search(value):
        escape = value[broken.start() : broken.start() + 3]
        raise InvalidArgumentError(f"Illegal hex characters in escape (%) pattern: {escape}")
    return unquote_plus(value)


URL_FUNCTIONS = {
    "url_decode": PythonFunction(_decoded, ("VARCHAR",), "VARCHAR"),
    "url_encode": PythonFunction(_encoded, ("VARCHAR",), "VARCHAR"),
    "url_extract_fragment": PythonFunction(_fragment, ("VARCHAR",), "VARCHAR"),
    "url_extract_host": PythonFunction(_host, ("VARCHAR",), "VARCHAR"),
    "url_extract_parameter": PythonFunction(_parameter, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    "url_extract_path": PythonFunction(_path, ("VARCHAR",), "VARCHAR"),
    "url_extract_port": PythonFunction(_port, ("VARCHAR",), "BIGINT"),
    "url_extract_protocol": PythonFunction(_protocol, ("VARCHAR",), "VARCHAR"),
    "url_extract_query": PythonFunction(_query, ("VARCHAR",), "VARCHAR"),
}
