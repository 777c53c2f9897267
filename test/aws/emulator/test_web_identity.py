"""Tokens of OpenID Connect providers are exchanged for credentials as the trust policy of a role says."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from test.emulator.web_identity import web_identity_token

ISSUER = "https://gitlab.example.com"
MAIN = "project_path:shop/sales:ref_type:branch:ref:main"


@pytest.fixture
def exchange(aws):
    """`exchange(token)`: the ARN of the session of a role that trusts the branch main of a project."""
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["https://sts.amazonaws.com"])
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"gitlab.example.com:aud": "https://sts.amazonaws.com"},
            "StringLike": {"gitlab.example.com:sub": MAIN},
        },
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(Path="/ci/", RoleName="deploy", AssumeRolePolicyDocument=document)["Role"]["Arn"]

    def exchange(token):
        sts = aws.client("sts")
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="job", WebIdentityToken=token)

    return exchange


@pytest.mark.parametrize("enforced", [False, True])
def test_a_token_with_matching_claims_is_accepted(aws, exchange, enforced):
    if enforced:
        aws.enforce_iam()
    session = exchange(web_identity_token(ISSUER, "https://sts.amazonaws.com", MAIN))
    assert session["AssumedRoleUser"]["Arn"].endswith(":assumed-role/deploy/job")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (web_identity_token(ISSUER, "https://sts.amazonaws.com", MAIN.replace("sales", "hr")), "AccessDenied"),
        (web_identity_token(ISSUER, "https://gitlab.example.com", MAIN), "InvalidIdentityToken"),
        (web_identity_token("https://gitlab.com", "https://sts.amazonaws.com", MAIN), "InvalidIdentityToken"),
        ("not.a-token", "InvalidIdentityToken"),
    ],
    ids=["another project", "another audience", "an unknown provider", "not a token"],
)
def test_other_tokens_are_rejected(exchange, token, code):
    with pytest.raises(ClientError) as caught:
        exchange(token)
    assert caught.value.response["Error"]["Code"] == code
