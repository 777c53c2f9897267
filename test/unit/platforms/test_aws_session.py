"""Region, credentials and endpoints are configured like those of other AWS tools; no service is called."""

from __future__ import annotations

import os

import pytest

from datalake_sdk.errors import AwsConfigurationError, NoCredentialsError
from datalake_sdk.platforms.aws.session import AwsSession


@pytest.fixture(autouse=True)
def configuration(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return file


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def test_the_precedence_of_regions_is_argument_environment_profile_default(monkeypatch, configuration):
    assert AwsSession().region == "eu-west-1"
    configuration.write_text("[default]\nregion = eu-west-3\n")
    assert AwsSession().region == "eu-west-3"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert AwsSession().region == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    assert AwsSession().region == "eu-south-1"
    assert AwsSession("us-east-1").region == "us-east-1"
    assert AwsSession("us-east-1").client("glue").meta.region_name == "us-east-1"


def test_the_default_retry_mode_is_standard(monkeypatch):
    assert AwsSession().client("glue").meta.config.retries["mode"] == "standard"
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    assert AwsSession().client("glue").meta.config.retries["mode"] == "adaptive"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_of_the_environment_applies_to_boto3_and_arrow(monkeypatch, keys, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    session = AwsSession()
    assert session.client("s3").meta.endpoint_url == "http://127.0.0.1:9"
    assert session.storage_properties()["s3.endpoint"] == "http://127.0.0.1:9"


def test_without_a_configured_endpoint_arrow_uses_its_default(keys):
    properties = AwsSession("eu-west-3").storage_properties()
    assert properties == {"s3.region": "eu-west-3", "s3.access-key-id": "key", "s3.secret-access-key": "secret"}
    assert AwsSession("eu-west-3").filesystem().region == "eu-west-3"


def test_clients_are_cached():
    session = AwsSession()
    assert session.client("glue") is session.client("glue")


def test_sessions_share_their_clients_until_the_configuration_changes(monkeypatch, configuration, keys):
    first = AwsSession().client("glue")
    assert AwsSession().client("glue") is first
    assert AwsSession("eu-west-3").client("glue") is not first
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "renewed")
    assert AwsSession().client("glue") is not first
    configuration.write_text("[default]\nretry_mode = adaptive\n")
    assert AwsSession().client("glue").meta.config.retries["mode"] == "adaptive"


def test_file_systems_are_cached_per_region_and_credentials(monkeypatch, keys):
    first = AwsSession().filesystem()
    assert AwsSession().filesystem() is first
    assert AwsSession("eu-west-3").filesystem() is not first
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "renewed")
    assert AwsSession().filesystem() is not first


def test_missing_credentials_are_reported_before_any_call():
    with pytest.raises(NoCredentialsError, match="no AWS credentials"):
        AwsSession().filesystem()


def test_an_unknown_profile_is_reported(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nope")
    with pytest.raises(AwsConfigurationError, match="nope"):
        AwsSession().client("glue")
