"""Role sessions for tokens of OpenID Connect providers, whose signatures are not verified.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

`python -m test.emulator.web_identity ISSUER SUBJECT` prints a token for the audience that GitLab's jobs use.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import _RESTError
from moto.iam.models import OpenIDConnectProvider, iam_backends
from moto.sts.responses import TokenResponse

from test.emulator.access import trusts_token
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("web_identity")

Claims = Mapping[str, Any]


def web_identity_token(issuer: str, audience: str, subject: str, **claims: str) -> str:
    """Returns a token as a CI system issues it to a job.

    Args:
        issuer: URL of the provider, for example `https://gitlab.example.com`.
        audience: Who the token is for, the claim `aud`.
        subject: What the token is issued to, the claim `sub`.
        **claims: Further claims.
    """
    issued = {"iss": issuer, "aud": audience, "sub": subject, "exp": int(time.time()) + 3600, **claims}
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}), json.dumps(issued), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


@PATCHES.replace(TokenResponse, "assume_role_with_web_identity", "0de4ff340877")
def _assume_role_with_web_identity(stock: Any, self: TokenResponse) -> Any:
    claims = _claims(self._get_param("WebIdentityToken"))
    provider = _provider(self.current_account, claims)
    keys = {f"{provider.url}:{name}": str(claims[name]) for name in ("aud", "sub") if name in claims}
    if not trusts_token(self._get_param("RoleArn"), provider.arn, keys):
        raise _error("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    return stock(self)


def _claims(token: str) -> Claims:
    try:
        payload = token.split(".")[1]
        claims: Claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        raise _error("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None
    if claims["exp"] < time.time():
        raise _error("ExpiredTokenException", "Token expired")
    return claims


def _provider(account: str, claims: Claims) -> OpenIDConnectProvider:
    issuer = str(claims["iss"])
    url = issuer.removeprefix("https://").rstrip("/")
    providers = iam_backends[account]["aws"].open_id_providers.values()
    provider = next((each for each in providers if each.url.rstrip("/") == url), None)
    if provider is None:
        raise _error("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    if claims["aud"] not in provider.client_id_list:
        raise _error("InvalidIdentityToken", "Incorrect token audience")
    return provider


def _error(code: str, message: str, status: int = 400) -> Exception:
    error = _RESTError(code, message)
    error.code = status
    return error


if __name__ == "__main__":
    issuer, subject = sys.argv[1:]
    sys.stdout.write(web_identity_token(issuer, issuer, subject))
