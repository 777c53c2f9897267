"""Protects the pages: who may ask, with which methods, and what a browser may do with the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

Message: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""https://asgi.readthedocs.io/en/latest/specs/main.html"""

COOKIE = "datalake_ui"
TOKEN_PARAMETER = "token"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Access:
    """Which requests are answered.

    Args:
        hosts: Valid names in the Host header; None for any, which only a token makes safe.
        token: Token of the readers; None if none is needed.
    """

    hosts: frozenset[str] | None = LOOPBACK_HOSTS
    token: str | None = None


@dataclass(frozen=True)
class Request:
    """The parts of a request that decide whether it is answered."""

    method: str
    host: str
    path: str
    query: str
    authorization: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Refusal:
    """An answer instead of the page: an error, or the redirect that sets the cookie."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


def protected(application: Application, access: Access) -> Application:
    """Returns the ASGI application with all checks before it and security headers on each answer.

    A foreign Host header is refused, which protects from DNS rebinding.
    https://owasp.org/www-community/attacks/DNS_Rebinding
    """

    async def checked(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_encoded(HEADERS.items())]
            await send(message)

        refused = refusal(_request(scope), access)
        if refused is None:
            await application(scope, receive, send_secured)
        else:
            await _refuse(refused, send_secured)

    return checked


def refusal(request: Request, access: Access) -> Refusal | None:
    """Decides whether a request is refused; None if it is answered."""
    if access.hosts is not None and _host_name(request.host) not in access.hosts:
        return Refusal(400, f"The Host header must be one of {', '.join(sorted(access.hosts))}.")
    if request.method not in _METHODS:
        return Refusal(405, "The catalogue is read-only.", (("allow", ", ".join(_METHODS)),))
    return None if access.token is None else _login(request, access.token)


def _login(request: Request, token: str) -> Refusal | None:
    parameters = parse_qsl(request.query, keep_blank_values=True)
    given = [value for name, value in parameters if name == TOKEN_PARAMETER]
    if given:
        if not _equal(given[-1], token):
            return _unauthorized()
        rest = urlencode([entry for entry in parameters if entry[0] != TOKEN_PARAMETER])
        # Without the token in the address, history and bookmarks do not contain it.
        location = "/" + request.path.lstrip("/\\") + (f"?{rest}" if rest else "")
        cookie = f"{COOKIE}={_session(token)}; Path=/; HttpOnly; SameSite=Strict"
        return Refusal(303, "", (("location", location), ("set-cookie", cookie), ("cache-control", "no-store")))
    is_known = _equal(request.authorization, f"Bearer {token}") or _equal(_cookie(request.cookie), _session(token))
    return None if is_known else _unauthorized()


def _unauthorized() -> Refusal:
    text = f"Add ?{TOKEN_PARAMETER}=TOKEN to the address once, or send the header Authorization: Bearer TOKEN."
    return Refusal(401, text, (("www-authenticate", "Bearer"),))


def _session(token: str) -> str:
    return sha256(f"datalake_sdk ui {token}".encode()).hexdigest()


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _equal(given: str, expected: str) -> bool:
    return compare_digest(given.encode(), expected.encode())


def _host_name(host: str) -> str:
    name, separator, port = host.rpartition(":")
    return (name if separator and port.isdigit() else host).lower()


def _request(scope: Message) -> Request:
    headers: dict[str, list[str]] = {}
    for name, value in scope.get("headers", ()):
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    hosts = headers.get("host", [])
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        host=hosts[0] if len(hosts) == 1 else "",
        path=raw_path.decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        authorization="".join(headers.get("authorization", [])),
        cookie="; ".join(headers.get("cookie", [])),
    )


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


async def _refuse(refused: Refusal, send: Any) -> None:
    body = refused.text.encode()
    headers = (("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))), *refused.headers)
    await send({"type": "http.response.start", "status": refused.status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})
