"""Settings of Spark sessions and job runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalake_sdk.errors import FixedSparkSettingError, InvalidSparkSettingError
from datalake_sdk.spark_engine.settings import (
    EVERYWHERE,
    AwsConnection,
    in_lake,
    on_aws,
    on_this_machine,
    overridden,
    packages,
)
from datalake_sdk.spark_engine.versions import SPARK_4_0

CATALOG = "spark.sql.catalog.glue_catalog"


def aws(**endpoints):
    return overridden(list(on_aws(AwsConnection("eu-west-1", **endpoints))), {})


def test_a_setting_of_the_task_replaces_the_default():
    assert overridden(EVERYWHERE, {"spark.sql.ansi.enabled": "false"})["spark.sql.ansi.enabled"] == "false"
    assert overridden(EVERYWHERE, {"spark.executor.cores": "4"})["spark.executor.cores"] == "4"


def test_an_empty_setting_removes_the_default():
    here = on_this_machine(packages(SPARK_4_0, on_aws=False), Path("/tmp"))
    assert "spark.jars.packages" not in overridden(here, {"spark.jars.packages": "", "spark.jars": "/a.jar"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spark.sql.caseSensitive", "true"),
        ("spark.sql.variable.substitute", "true"),
        ("spark.sql.extensions", ""),
        (f"{CATALOG}.cache-enabled", "true"),
    ],
)
def test_a_setting_that_tables_depend_on_cannot_be_overridden(name, value):
    with pytest.raises(FixedSparkSettingError, match=f"setting '{name}' is '{value}'; it must be '.+': .+"):
        overridden(EVERYWHERE, {name: value})


def test_a_fixed_setting_may_be_set_to_its_value():
    assert overridden(EVERYWHERE, {"spark.sql.caseSensitive": "false"}) == overridden(EVERYWHERE, {})


@pytest.mark.parametrize(("name", "value"), [("executor.memory", "4g"), ("spark.executor.cores", 4)])
def test_settings_that_spark_would_ignore_are_rejected(name, value):
    with pytest.raises(InvalidSparkSettingError, match=f"setting '{name}' is {value!r}"):
        overridden(EVERYWHERE, {name: value})


def test_aws_endpoints_are_the_defaults_unless_overridden():
    assert aws() == {
        f"{CATALOG}.type": "glue",
        f"{CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{CATALOG}.client.region": "eu-west-1",
    }


def test_custom_endpoints_use_path_style_access():
    endpoints = aws(glue_endpoint="http://glue", s3_endpoint="http://s3")
    assert endpoints[f"{CATALOG}.glue.endpoint"] == "http://glue"
    assert endpoints[f"{CATALOG}.s3.endpoint"] == "http://s3"
    assert endpoints[f"{CATALOG}.s3.path-style-access"] == "true"


def test_an_embedded_lake_is_located_by_its_folder():
    settings = overridden(in_lake(Path("/data/my lake")), {})
    assert settings[f"{CATALOG}.uri"] == "jdbc:sqlite:/data/my lake/catalog.db"
