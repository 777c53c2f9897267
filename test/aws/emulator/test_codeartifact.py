"""CodeArtifact: domains and repositories."""

from __future__ import annotations

import json

import pytest

PYPI = "public:pypi"
NAMES = {"domain": "shop", "repository": "python"}


@pytest.fixture
def codeartifact(aws):
    return aws.client("codeartifact")


@pytest.fixture
def repository(codeartifact):
    """ARN of a repository in a domain."""
    codeartifact.create_domain(domain="shop")
    made = codeartifact.create_repository(**NAMES, description="ours", tags=[{"key": "stage", "value": "dev"}])
    return made["repository"]["arn"]


def test_a_domain_counts_its_repositories(codeartifact, repository):
    domain = codeartifact.describe_domain(domain="shop")["domain"]
    assert (domain["name"], domain["status"], domain["repositoryCount"]) == ("shop", "Active", 1)
    assert [listed["name"] for listed in codeartifact.list_domains()["domains"]] == ["shop"]


def test_a_repository_has_external_connections_and_an_endpoint(codeartifact, repository):
    codeartifact.associate_external_connection(**NAMES, externalConnection=PYPI)
    (connection,) = codeartifact.describe_repository(**NAMES)["repository"]["externalConnections"]
    assert connection == {"externalConnectionName": PYPI, "packageFormat": "pypi", "status": "Available"}
    endpoint = codeartifact.get_repository_endpoint(**NAMES, format="pypi")["repositoryEndpoint"]
    server = codeartifact.meta.endpoint_url
    assert endpoint == f"{server}/moto-api/codeartifact/eu-west-1/123456789012/shop/pypi/python/"
    codeartifact.disassociate_external_connection(**NAMES, externalConnection=PYPI)
    assert codeartifact.describe_repository(**NAMES)["repository"]["externalConnections"] == []


def test_a_name_must_be_unique(codeartifact, repository):
    with pytest.raises(codeartifact.exceptions.ConflictException):
        codeartifact.create_domain(domain="shop")


def test_a_domain_can_be_deleted_only_after_its_repositories(codeartifact, repository):
    with pytest.raises(codeartifact.exceptions.ConflictException):
        codeartifact.delete_domain(domain="shop")
    codeartifact.delete_repository(**NAMES)
    codeartifact.delete_domain(domain="shop")
    with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
        codeartifact.describe_domain(domain="shop")


def test_policies_are_stored_returned_and_deleted(codeartifact, repository):
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    codeartifact.put_repository_permissions_policy(**NAMES, policyDocument=document)
    assert codeartifact.get_repository_permissions_policy(**NAMES)["policy"]["document"] == document
    codeartifact.delete_repository_permissions_policy(**NAMES)
    with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
        codeartifact.get_repository_permissions_policy(**NAMES)


def test_a_repository_has_tags(codeartifact, repository):
    codeartifact.tag_resource(resourceArn=repository, tags=[{"key": "team", "value": "sales"}])
    codeartifact.untag_resource(resourceArn=repository, tagKeys=["stage"])
    assert codeartifact.list_tags_for_resource(resourceArn=repository)["tags"] == [{"key": "team", "value": "sales"}]


def test_a_reset_deletes_everything(aws, codeartifact, repository):
    aws.reset()
    with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
        codeartifact.describe_domain(domain="shop")
