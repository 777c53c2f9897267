"""The emulator starts, resets, reports errors and stops."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing, suppress
from dataclasses import replace

import boto3
import pytest

from datalake_sdk.settings import Environment
from test.emulator import Emulator
from test.emulator.domain import create_domain, empty_domain
from test.emulator.process import ROOT_ACCESS_KEY, EmulatorError

ENVIRONMENT = Environment("shop", "sales", "dev")
SIGNED = {"Authorization": f"AWS4-HMAC-SHA256 Credential={ROOT_ACCESS_KEY}/20260101/eu-west-1/s3/aws4_request, x"}


def test_clients_find_the_emulator_through_the_environment(aws):
    aws.client("s3").create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["orders"]


def test_a_caller_without_other_credentials_is_the_root_user(aws):
    assert aws.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"


def test_a_reset_empties_every_service(aws):
    aws.client("glue").create_database(DatabaseInput={"Name": "d"})
    aws.reset()
    assert aws.client("glue").get_databases()["DatabaseList"] == []


def test_a_domain_is_emptied_in_one_step(aws):
    create_domain(aws, ENVIRONMENT, ["sales", "crm"])
    create_domain(aws, replace(ENVIRONMENT, stage_name="prod"), ["sales"])
    aws.client("s3").put_object(Bucket=ENVIRONMENT.data_bucket, Key="sales/orders", Body=b"1")
    aws.client("glue").create_table(DatabaseName="dev_sales", TableInput={"Name": "orders"})
    empty_domain(aws, ENVIRONMENT, ["sales"])
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=ENVIRONMENT.data_bucket)
    assert aws.client("glue").get_tables(DatabaseName="dev_sales")["TableList"] == []
    databases = aws.client("glue").get_databases()["DatabaseList"]
    assert {database["Name"] for database in databases} == {"dev_sales", "sales"}


@pytest.mark.parametrize("sent", [b"1" * 9, [b"1", b"2"]], ids=["whole", "in chunks"])
def test_a_connection_serves_several_requests(aws, sent):
    aws.client("s3").create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with closing(http.client.HTTPConnection(aws.endpoint.removeprefix("http://"))) as connection:
        connection.connect()
        opened = connection.sock
        for path, status in (("/nope/key", 404), ("/orders/key", 200)):
            connection.request("PUT", path, sent, SIGNED)
            with connection.getresponse() as answer:
                assert answer.status == status
                answer.read()
        assert connection.sock is opened


def test_the_error_for_an_unknown_command_lists_the_valid_ones(aws):
    with pytest.raises(EmulatorError, match=r"nonsense: .*valid commands are \[.*'reset'"):
        aws.control("nonsense")


def test_an_unsupported_operation_fails_without_retries_and_is_named(aws):
    glue = aws.client("glue")
    with pytest.raises(glue.exceptions.ClientError, match=r"\(NotImplemented\).*get_mapping"):
        glue.get_mapping(Source={"DatabaseName": "d", "TableName": "t"})


def test_emulators_are_isolated_from_each_other(aws):
    with Emulator() as other:
        other.client("glue").create_database(DatabaseInput={"Name": "d"})
        assert aws.client("glue").get_databases()["DatabaseList"] == []
    with pytest.raises(EmulatorError, match="refused"):
        other.control("ready")


def test_an_emulator_does_not_outlive_a_process_that_was_killed():
    program = "from test.emulator import Emulator; print(Emulator().__enter__().endpoint, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        port = int(process.stdout.readline().decode().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            process.kill()
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_an_emulator_in_the_foreground_prints_the_variables_to_export():
    command = [sys.executable, "-m", "test.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        exported = dict(process.stdout.readline().strip().removeprefix("export ").split("=", 1) for _ in range(8))
        with urllib.request.urlopen(exported["AWS_ENDPOINT_URL"] + "/moto-api/data.json") as response:
            assert response.status == 200
        process.terminate()
    assert process.returncode == 0
