"""CodeArtifact: Python packages that twine uploads and pip installs, with authorization tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial

import pytest

from test.wheels import REQUIREMENT, make_wheel, upload

NAMES = {"domain": "shop", "repository": "python"}


@pytest.fixture
def codeartifact(aws):
    """A client, and a repository without packages."""
    client = aws.client("codeartifact")
    client.create_domain(domain="shop")
    client.create_repository(**NAMES)
    return client


@pytest.fixture
def wheel(tmp_path):
    """`wheel(text)`: a package whose module contains the text."""
    return partial(make_wheel, tmp_path)


def endpoint_of(client):
    return client.get_repository_endpoint(**NAMES, format="pypi")["repositoryEndpoint"]


def token_of(client, **options):
    return client.get_authorization_token(domain="shop", **options)["authorizationToken"]


def uploaded(client, wheel, token):
    return upload(wheel, endpoint_of(client), token)


def install(client, folder, token):
    index = endpoint_of(client).replace("//", f"//aws:{token}@") + "simple/"
    options = ["--no-deps", "--no-cache-dir", "--retries", "0", "--index-url", index, "--target", folder]
    environment = {**os.environ, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "false"}
    command = [sys.executable, "-m", "pip", "install", *options, REQUIREMENT]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_pip_installs_what_twine_uploaded(codeartifact, wheel, tmp_path):
    token = token_of(codeartifact)
    assert uploaded(codeartifact, wheel(), token).returncode == 0
    installed = install(codeartifact, tmp_path / "packages", token)
    assert installed.returncode == 0, installed.stderr
    assert (tmp_path / "packages/shop_greeting.py").read_text() == "TEXT = 'hello'\n"


def test_an_uploaded_file_is_immutable(codeartifact, wheel):
    token = token_of(codeartifact)
    uploaded(codeartifact, wheel(), token)
    assert uploaded(codeartifact, wheel(), token).returncode == 0
    changed = uploaded(codeartifact, wheel("bye"), token)
    assert changed.returncode == 1
    assert "409 Conflict" in changed.stdout


def test_a_token_expires(aws, codeartifact, wheel):
    token = token_of(codeartifact, durationSeconds=900)
    aws.control("advance_time", seconds=901)
    assert "401 Unauthorized" in uploaded(codeartifact, wheel(), token).stdout


def test_a_token_is_valid_in_its_domain_only(codeartifact, wheel):
    codeartifact.create_domain(domain="mill")
    token = codeartifact.get_authorization_token(domain="mill")["authorizationToken"]
    assert "401 Unauthorized" in uploaded(codeartifact, wheel(), token).stdout


def test_a_token_has_the_permissions_of_the_caller_that_requested_it(aws, codeartifact, wheel, tmp_path):
    """https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html#package-publishing-permissions."""
    actions = ["codeartifact:GetAuthorizationToken", "codeartifact:ReadFromRepository", "sts:GetServiceBearerToken"]
    reading = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    reader = aws.client("codeartifact", aws.assume_role(role(aws, reading)))
    uploaded(codeartifact, wheel(), token_of(codeartifact))
    aws.enforce_iam()
    token = token_of(reader)
    assert install(codeartifact, tmp_path / "packages", token).returncode == 0
    assert "403 Forbidden" in uploaded(codeartifact, wheel(), token).stdout

    package = f"arn:aws:codeartifact:{aws.region}:{aws.account}:package/shop/python/pypi//shop-greeting"
    role(aws, reading, {"Effect": "Allow", "Action": "codeartifact:PublishPackageVersion", "Resource": package})
    assert uploaded(codeartifact, wheel(), token).returncode == 0


def test_packages_of_pypi_come_from_the_external_connection(aws, codeartifact, wheel, tmp_path):
    """The repository itself serves as the public index."""
    token = token_of(codeartifact)
    uploaded(codeartifact, wheel(), token)
    codeartifact.create_repository(domain="shop", repository="team")
    aws.control("connect_public_index", url=endpoint_of(codeartifact).replace("//", f"//aws:{token}@") + "simple")
    team = Team(codeartifact)
    assert install(team, tmp_path / "packages", token).returncode == 1
    codeartifact.associate_external_connection(domain="shop", repository="team", externalConnection="public:pypi")
    assert install(team, tmp_path / "packages", token).returncode == 0


class Team:
    """The client, with the endpoint of another repository."""

    def __init__(self, client):
        self.client = client

    def get_repository_endpoint(self, **names):
        return self.client.get_repository_endpoint(**{**names, "repository": "team"})


def role(aws, *statements):
    """Creates a role, or replaces its policy, and returns its ARN."""
    iam = aws.client("iam")
    arn = f"arn:aws:iam::{aws.account}:role/packager"
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}}
    trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
    if arn not in [role["Arn"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName="packager", AssumeRolePolicyDocument=json.dumps(trust))
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName="packager", PolicyName="packages", PolicyDocument=json.dumps(policy))
    return arn
