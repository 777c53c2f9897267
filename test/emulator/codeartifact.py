"""CodeArtifact, which moto does not implement: domains, repositories, their policies, endpoints, tags and tokens."""

from __future__ import annotations

import datetime
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import moto.backends
from moto import settings
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from test.emulator import clock
from test.emulator.access import Principal
from test.emulator.iam import caller
from test.emulator.patching import ServicePatches
from test.emulator.process import HOST

PATCHES = ServicePatches("codeartifact")
PACKAGES = "/moto-api/codeartifact/"
"""Path of the endpoints of repositories."""

_SERVICE = "codeartifact"
_HOST = re.compile(r"codeartifact\.[^.]+\.amazonaws\.com$")


class _NotFound(ServiceException):
    code = "ResourceNotFoundException"
    status = 404


class _Conflict(ServiceException):
    code = "ConflictException"
    status = 409


@dataclass(frozen=True)
class Token:
    """An authorization token.

    Attributes:
        principal: The caller that it was issued to, whose permissions it has.
        domain: Domain whose repositories accept it.
        expiration: Time at which it expires.
    """

    principal: Principal
    domain: str
    expiration: datetime.datetime


class CodeArtifactBackend(BaseBackend):
    """Resources of an account in a region, by ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.resources: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.policies: dict[str, str] = {}
        self.tokens: dict[str, Token] = {}
        self.packages: dict[str, dict[str, dict[str, bytes]]] = {}

    @property
    def _url_module(self) -> Any:
        paths = {"{0}/v1/(?P<operation>.+)$": CodeArtifactResponse.dispatch}
        return SimpleNamespace(url_bases=[r"https?://codeartifact\.(.+)\.amazonaws\.com"], url_paths=paths)


codeartifact_backends = BackendDict(CodeArtifactBackend, _SERVICE)


@PATCHES.replace(moto.backends, "get_backend", "cbb3e97d7b1f")
def _get_backend(stock: Callable[[str], Any], name: str) -> Any:
    return codeartifact_backends if name == _SERVICE else stock(name)


@PATCHES.replace(DomainDispatcherApplication, "get_backend_for_host", "1f41972c1e4e")
def _get_backend_for_host(stock: Callable[..., Any], self: DomainDispatcherApplication, host: str | None) -> Any:
    return _SERVICE if host and _HOST.match(host) else stock(self, host)


class CodeArtifactResponse(BaseResponse):
    """Implements the operations: https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_Operations.html."""

    def __init__(self) -> None:
        super().__init__(service_name=_SERVICE)
        self.automated_parameter_parsing = True

    def create_domain(self) -> ActionResult:
        name = self._get_param("domain")
        domain = {
            "name": name,
            "owner": self.current_account,
            "status": "Active",
            "encryptionKey": self._get_param("encryptionKey") or self._arn("key/aws-codeartifact", "kms"),
            "repositoryCount": 0,
            "assetSizeBytes": 0,
            "s3BucketArn": f"arn:aws:s3:::assets-{self.current_account}-{self.region}",
        }
        return ActionResult({"domain": self._create(f"domain/{name}", domain)})

    def describe_domain(self) -> ActionResult:
        domain = self._found(self._domain)
        repositories = self._arn(f"repository/{self._get_param('domain')}/")
        count = sum(arn.startswith(repositories) for arn in self._backend.resources)
        return ActionResult({"domain": {**domain, "repositoryCount": count}})

    def list_domains(self) -> ActionResult:
        held = self._backend.resources
        return ActionResult({"domains": [held[arn] for arn in held if arn.startswith(self._arn("domain/"))]})

    def delete_domain(self) -> ActionResult:
        repositories = self._arn(f"repository/{self._get_param('domain')}/")
        if any(arn.startswith(repositories) for arn in self._backend.resources):
            raise _Conflict("The domain contains repositories: delete them first.")
        return ActionResult({"domain": self._deleted(self._domain)})

    def create_repository(self) -> ActionResult:
        domain, name = self._get_param("domain"), self._get_param("repository")
        self._found(self._domain)
        repository = {
            "name": name,
            "domainName": domain,
            "domainOwner": self.current_account,
            "administratorAccount": self.current_account,
            "description": self._get_param("description"),
            "upstreams": self._get_param("upstreams") or [],
            "externalConnections": [],
        }
        return ActionResult({"repository": self._create(f"repository/{domain}/{name}", repository)})

    def describe_repository(self) -> ActionResult:
        return ActionResult({"repository": self._found(self._repository)})

    def update_repository(self) -> ActionResult:
        changed = {key: self._get_param(key) for key in ("description", "upstreams")}
        repository = self._found(self._repository)
        repository.update({key: value for key, value in changed.items() if value is not None})
        return ActionResult({"repository": repository})

    def delete_repository(self) -> ActionResult:
        return ActionResult({"repository": self._deleted(self._repository)})

    def associate_external_connection(self) -> ActionResult:
        name = self._get_param("externalConnection")
        connection = {"externalConnectionName": name, "packageFormat": name.split(":")[1], "status": "Available"}
        repository = self._found(self._repository)
        repository["externalConnections"].append(connection)
        return ActionResult({"repository": repository})

    def disassociate_external_connection(self) -> ActionResult:
        name, repository = self._get_param("externalConnection"), self._found(self._repository)
        kept = [one for one in repository["externalConnections"] if one["externalConnectionName"] != name]
        repository["externalConnections"] = kept
        return ActionResult({"repository": repository})

    def get_repository_endpoint(self) -> ActionResult:
        repository = self._found(self._repository)
        # An address that pip and twine can reach, instead of https://{domain}-{account}.d.codeartifact.….amazonaws.com.
        server = f"http://{HOST}:{settings.moto_server_port()}{PACKAGES}"
        domain = f"{self.region}/{self.current_account}/{repository['domainName']}"
        return ActionResult(
            {"repositoryEndpoint": f"{server}{domain}/{self._get_param('format')}/{repository['name']}/"}
        )

    def get_authorization_token(self) -> ActionResult:
        domain = self._found(self._domain)["name"]
        duration = datetime.timedelta(seconds=self._get_param("durationSeconds") or 43200)
        issued = Token(caller(self), domain, clock.now() + duration)
        token = secrets.token_urlsafe()
        self._backend.tokens[token] = issued
        return ActionResult({"authorizationToken": token, "expiration": issued.expiration})

    def put_domain_permissions_policy(self) -> ActionResult:
        return self._put_policy(self._domain)

    def get_domain_permissions_policy(self) -> ActionResult:
        return self._policy(self._domain)

    def delete_domain_permissions_policy(self) -> ActionResult:
        return self._delete_policy(self._domain)

    def put_repository_permissions_policy(self) -> ActionResult:
        return self._put_policy(self._repository)

    def get_repository_permissions_policy(self) -> ActionResult:
        return self._policy(self._repository)

    def delete_repository_permissions_policy(self) -> ActionResult:
        return self._delete_policy(self._repository)

    def tag_resource(self) -> ActionResult:
        self._tags().update({tag["key"]: tag["value"] for tag in self._get_param("tags")})
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        for key in self._get_param("tagKeys"):
            self._tags().pop(key, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": [{"key": key, "value": value} for key, value in self._tags().items()]})

    @property
    def _backend(self) -> CodeArtifactBackend:
        return codeartifact_backends[self.current_account][self.region]

    @property
    def _domain(self) -> str:
        return self._arn(f"domain/{self._get_param('domain')}")

    @property
    def _repository(self) -> str:
        return self._arn(f"repository/{self._get_param('domain')}/{self._get_param('repository')}")

    def _arn(self, resource: str, service: str = _SERVICE) -> str:
        return f"arn:aws:{service}:{self.region}:{self.current_account}:{resource}"

    def _create(self, name: str, resource: dict[str, Any]) -> dict[str, Any]:
        arn = self._arn(name)
        if arn in self._backend.resources:
            raise _Conflict(f"{name} already exists.")
        created = {**resource, "arn": arn, "createdTime": datetime.datetime.now(datetime.UTC)}
        self._backend.resources[arn] = created
        self._backend.tags[arn] = {tag["key"]: tag["value"] for tag in self._get_param("tags") or []}
        return created

    def _found(self, arn: str) -> dict[str, Any]:
        if arn not in self._backend.resources:
            raise _NotFound(f"{arn} not found.")
        return self._backend.resources[arn]

    def _deleted(self, arn: str) -> dict[str, Any]:
        self._found(arn)
        self._backend.tags.pop(arn)
        self._backend.policies.pop(arn, None)
        self._backend.packages.pop(arn, None)
        return {**self._backend.resources.pop(arn), "status": "Deleted"}

    def _tags(self) -> dict[str, str]:
        self._found(self._get_param("resourceArn"))
        return self._backend.tags[self._get_param("resourceArn")]

    def _put_policy(self, arn: str) -> ActionResult:
        self._found(arn)
        self._backend.policies[arn] = self._get_param("policyDocument")
        return self._policy(arn)

    def _policy(self, arn: str) -> ActionResult:
        self._found(arn)
        if arn not in self._backend.policies:
            raise _NotFound(f"{arn} has no policy.")
        return ActionResult({"policy": {"resourceArn": arn, "revision": "1", "document": self._backend.policies[arn]}})

    def _delete_policy(self, arn: str) -> ActionResult:
        answer = self._policy(arn)
        del self._backend.policies[arn]
        return answer
