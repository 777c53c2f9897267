"""The ingestion API, applied on the emulator: requests over HTTP become rows of an Iceberg table."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from datalake_sdk.ledger.reading import iterate_runs
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, TableName
from test.emulator.domain import create_domain
from test.emulator.web_identity import web_identity_token
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform
from test.terraform.workspace import container_engine, copy_repository

ISSUER = "https://login.example.com"
TABLE = TableName("shop", "events")
DOMAIN = Environment("shop", "sales", "dev", region="eu-west-1")
ROOT = """
provider "aws" {}

module "events" {
  source = "../modules/ingestion_api"

  name          = "events"
  domain_object = jsondecode(file("domain.json"))
  table         = "shop.events"
  table_file    = "../modules/ingestion_api/tests/fixture/shop.events.yaml"

  authorizer   = "JWT"
  jwt_issuer   = "https://login.example.com"
  jwt_audience = ["events"]
  jwt_scopes   = ["events:write"]
}

output "url" {
  value = module.events.url
}

output "dead_letters" {
  value = module.events.dead_letter_queue_url
}
"""


def domain_object(aws):
    names = {"project_name": "shop", "domain_name": "sales", "stage_name": "dev", "environment": DOMAIN.name}
    return {
        **names,
        "database_prefix": DOMAIN.database_prefix,
        "region": aws.region,
        "account_id": aws.account,
        "partition": "aws",
        "data_bucket": DOMAIN.data_bucket,
        "technical_bucket": DOMAIN.technical_bucket,
        "layers": {},
        "athena_workgroup": DOMAIN.workgroup,
        "network": {
            "vpc_id": "vpc-1",
            "subnet_ids": ["subnet-1"],
            "security_group_id": "sg-1",
            "assign_public_ip": False,
        },
        "ecs_cluster_arn": f"arn:aws:ecs:{aws.region}:{aws.account}:cluster/{DOMAIN.name}",
        "failure_topic_arn": f"arn:aws:sns:{aws.region}:{aws.account}:{DOMAIN.name}_failures",
        "lake_formation_enabled": False,
        "failsafe_enabled": False,
        "container_cli": "docker",
        "base_images": {"python": "python:3.13-slim"},
        "max_task_age_minutes": 720,
        "prevent_destroy": False,
        "tags": {},
    }


class Api:
    """The applied API, and a client with a token."""

    def __init__(self, aws, terraform):
        self.aws = aws
        self.outputs = terraform.output()
        self.token = web_identity_token(ISSUER, "events", "me", scope="events:write")

    def send(self, method, path, body=b"", token=None, **headers):
        url = urlsplit(self.outputs["url"])
        connection = http.client.HTTPConnection(url.netloc, timeout=60)
        given = {"Authorization": f"Bearer {token or self.token}", **headers}
        connection.request(method, url.path + path, body, given)
        answer = connection.getresponse()
        received = answer.status, json.loads(answer.read())
        connection.close()
        return received

    def rows(self):
        table = read_table(open_platform(DOMAIN), TABLE).read_all()
        return sorted(table.to_pylist(), key=lambda row: row["id"])


@pytest.fixture
def api(aws, tmp_path, monkeypatch):
    create_domain(aws, DOMAIN, ["shop"])
    (tmp_path / "images").mkdir()
    (tmp_path / "repository").mkdir()
    root = copy_repository(tmp_path / "repository") / "events"
    root.mkdir()
    (root / "main.tf").write_text(ROOT)
    (root / "domain.json").write_text(json.dumps(domain_object(aws)))
    terraform = Terraform(root, {**aws.environment, **container_engine(tmp_path / "images")})
    terraform.override_provider("emulator", EMULATOR_SETTINGS)
    terraform.init()
    terraform.apply()
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    aws.enforce_iam()
    return Api(aws, terraform)


def test_requests_over_http_become_rows_of_the_table(api, subtests):
    body = b'[{"id": 1, "city": "Lyon"}, {"id": 2}]'
    with subtests.test("valid requests are accepted, others are rejected"):
        status, accepted = api.send("POST", "/requests", body, **{"Idempotency-Key": "a"})
        assert (status, accepted["status"]) == (202, "accepted"), accepted
        assert "rows[0].id is 'x'" in api.send("POST", "/requests", b'{"id": "x"}')[1]["error"]
        assert api.send("POST", "/requests", b" " * 1_000_001)[0] == 413
        assert api.send("POST", "/requests", body, token="wrong")[0] == 401
        assert api.send("POST", "/requests", body, token=web_identity_token(ISSUER, "events", "me"))[0] == 403
    with subtests.test("rows are written when the window of the batch ends; other messages stay in the queue"):
        sqs, queue = api.aws.client("sqs"), api.outputs["dead_letters"].removesuffix("-dead-letters")
        sqs.send_message(QueueUrl=queue, MessageBody="{}")
        api.aws.advance_time(60)
        assert api.rows() == [{"id": 1, "city": "Lyon"}, {"id": 2, "city": None}]
        status, answer = api.send("GET", accepted["location"])
        assert (status, answer["status"], answer["snapshot_id"].isdigit()) == (200, "written", True)
        left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        assert left["ApproximateNumberOfMessagesNotVisible"] == "1"
    with subtests.test("the function that writes may record its runs"):
        (run,) = iterate_runs(open_platform(DOMAIN).run_events)
        assert (run.run.job.name, run.state.value) == ("ingest.dev_shop.events", "succeeded")
