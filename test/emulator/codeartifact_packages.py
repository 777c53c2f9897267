"""Python packages in CodeArtifact: what pip and twine see at the endpoint of a repository.

https://docs.aws.amazon.com/codeartifact/latest/ug/using-python.html
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound, Unauthorized
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from test.emulator import access, clock
from test.emulator.access import AccessDeniedError
from test.emulator.codeartifact import PACKAGES, CodeArtifactBackend, Token, codeartifact_backends
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("codeartifact_packages")

_PYPI = "public:pypi"
_public_index: list[str] = []


@PATCHES.command
def connect_public_index(url: str) -> None:
    """Connects `public:pypi` to a package index, such as https://pypi.org/simple; until then it has no packages."""
    _public_index[:] = [url.rstrip("/")]


@PATCHES.on_reset
def _disconnect_public_index() -> None:
    _public_index.clear()


@PATCHES.application(PACKAGES)
def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Serves the simple index and the files of repositories to pip, and accepts the uploads of twine."""
    request = Request(environ)
    try:
        answer = _answer(request)
    except HTTPException as refused:
        answer = Response(f"{refused.description}\n", refused.code)
        if isinstance(refused, Unauthorized):
            answer.headers["WWW-Authenticate"] = "Basic"
    return answer(environ, start)


def _answer(request: Request) -> Response:
    region, account, domain, _, repository, *path = request.path.removeprefix(PACKAGES).rstrip("/").split("/")
    index = _Index(codeartifact_backends[account][region], f"{domain}/{repository}")
    token = index.authenticated(request)
    match request.method, path:
        case "POST", []:
            return index.upload(token, request)
        case "GET", ["simple", name]:
            return index.links(token, _normalized(name))
        case "GET", ["simple", name, _, file]:
            return index.file(token, _normalized(name), file)
    raise NotFound(request.path)


@dataclass(frozen=True)
class _Index:
    """The packages of a repository.

    Attributes:
        backend: Resources of the account.
        name: Domain and repository, with a slash between them.
    """

    backend: CodeArtifactBackend
    name: str

    def authenticated(self, request: Request) -> Token:
        """The user name is always aws: https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-pip.html."""
        given = request.authorization
        token = self.backend.tokens.get(given.password or "") if given and given.username == "aws" else None
        if token is None or token.domain != self.name.partition("/")[0] or token.expiration < clock.now():
            raise Unauthorized("The authorization token is missing, invalid or expired.")
        return token

    def links(self, token: Token, name: str) -> Response:
        """https://peps.python.org/pep-0503/."""
        self._require(token, "ReadFromRepository", self._repository)
        files = self._files.get(name)
        if files is None:
            return self._link_upstream(name)
        links = [
            f'<a href="{_version(file)}/{quote(file)}#sha256={_digest(content)}">{html.escape(file)}</a><br/>'
            for file, content in files.items()
        ]
        return Response(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>", mimetype="text/html")

    def file(self, token: Token, name: str, file: str) -> Response:
        self._require(token, "ReadFromRepository", self._repository)
        content = self._files.get(name, {}).get(file)
        if content is None:
            raise NotFound(file)
        return Response(content, mimetype="application/octet-stream")

    def upload(self, token: Token, request: Request) -> Response:
        """https://docs.pypi.org/api/upload/."""
        form, sent = request.form, request.files.get("content")
        if form.get(":action") != "file_upload" or sent is None or not sent.filename:
            raise BadRequest("The request is not a file upload.")
        name, content = _normalized(form["name"]), sent.read()
        self._require(token, "PublishPackageVersion", self._arn(f"package/{self.name}/pypi//{name}"))
        if form.get("sha256_digest") != _digest(content):
            raise BadRequest("The digest of the content differs from sha256_digest.")
        # https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html#package-publishing-overwrite-assets
        if self._files.setdefault(name, {}).setdefault(sent.filename, content) != content:
            raise Conflict(f"Asset {sent.filename} already exists with different content.")
        return Response("", 200)

    def _link_upstream(self, name: str) -> Response:
        """A package comes from the external connection unless it was published to the repository.

        https://docs.aws.amazon.com/codeartifact/latest/ug/package-origin-controls.html
        """
        connections = self.backend.resources[self._repository]["externalConnections"]
        if not _public_index or _PYPI not in [one["externalConnectionName"] for one in connections]:
            raise NotFound(name)
        return redirect(f"{_public_index[0]}/{name}/")

    def _require(self, token: Token, action: str, resource: str) -> None:
        if self._repository not in self.backend.resources:
            raise NotFound(self.name)
        try:
            access.require(token.principal, f"codeartifact:{action}", resource)
        except AccessDeniedError as denied:
            raise Forbidden(str(denied)) from None

    @property
    def _files(self) -> dict[str, dict[str, bytes]]:
        return self.backend.packages.setdefault(self._repository, {})

    @property
    def _repository(self) -> str:
        return self._arn(f"repository/{self.name}")

    def _arn(self, resource: str) -> str:
        return f"arn:aws:codeartifact:{self.backend.region_name}:{self.backend.account_id}:{resource}"


def _version(file: str) -> str:
    """The version in the name of a wheel or source archive, quoted for a URL."""
    return quote(file.removesuffix(".tar.gz").split("-")[1])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _normalized(name: str) -> str:
    """https://docs.aws.amazon.com/codeartifact/latest/ug/python-name-normalization.html."""
    return re.sub(r"[-_.]+", "-", name).lower()
