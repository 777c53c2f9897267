"""The web application: a page for each path, static files, and errors as pages."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from datalake_sdk.errors import AccessDeniedError, DatalakeError, MissingPageError, UsageError
from datalake_sdk.ui.page import Page, Path, ServerLinks
from datalake_sdk.ui.rendering import render
from datalake_sdk.ui.security import Access, Application, protected
from datalake_sdk.ui.site import Site

STATIC_FOLDER: Final = FilePath(__file__).parent / "static"
_OK, _FORBIDDEN, _NOT_FOUND, _UNAVAILABLE = 200, 403, 404, 503


def create_app(site: Site, access: Access) -> Application:
    """Creates the ASGI application.

    Args:
        site: The pages.
        access: Which requests are answered.
    """

    async def answer(request: Request) -> Response:
        path = _segments(request)
        return await run_in_threadpool(_answered, site, path, dict(request.query_params))

    routes = [
        Mount("/static", StaticFiles(directory=STATIC_FOLDER)),
        Route("/{path:path}", answer, methods=["GET"]),
    ]
    return protected(Starlette(routes=routes), access)


def _segments(request: Request) -> Path:
    """Splits the path before decoding it, so that a name may contain a slash."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    segments = raw.decode("latin-1").partition("?")[0].split("/")
    return tuple(unquote(segment) for segment in segments if segment)


def _answered(site: Site, path: Path, query: dict[str, str]) -> Response:
    try:
        page = site.page(path, query)
    except DatalakeError as error:
        return _response(site, site.error_page(error, path), _status(error))
    if page is None:
        return _response(site, site.error_page(MissingPageError(), path), _NOT_FOUND)
    return _response(site, page, _OK)


def _status(error: DatalakeError) -> int:
    if isinstance(error, AccessDeniedError):
        return _FORBIDDEN
    return _NOT_FOUND if isinstance(error, UsageError) else _UNAVAILABLE


def _response(site: Site, page: Page, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    return HTMLResponse(render(page, site.frame, ServerLinks()), status, headers)
