"""The script that stops an EMR Serverless application before an update or deletion, with a substitute for `aws`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "modules/stopped_application/stop_application.sh"
AWS = """#!/bin/bash
case "$2 $4" in
  "list-applications $STATE") [ -e {folder}/stopped ] || echo 00application ;;
  "list-applications "*) [ "$LISTING" != denied ] || {{ echo AccessDeniedException >&2; exit 254; }} ;;
  stop-application*) echo "$@" >> {folder}/stopped; [ "$STOPPING" != refused ] || {{ echo Conflict >&2; exit 254; }} ;;
esac
"""


@pytest.fixture
def stop(tmp_path):
    """`stop(**variables)`: runs the script for an application in the state `STATE`."""
    (tmp_path / "aws").write_text(AWS.format(folder=tmp_path))
    (tmp_path / "aws").chmod(0o755)

    def stop(**variables):
        environment = {"NAME": "orders", "AWS_REGION": "eu-west-1", "PATH": f"{tmp_path}:/usr/bin:/bin", **variables}
        return subprocess.run(["bash", SCRIPT], env=environment, capture_output=True, text=True)

    return stop


def test_a_started_application_is_stopped(stop, tmp_path):
    assert stop(STATE="STARTED").returncode == 0
    assert "--application-id 00application" in (tmp_path / "stopped").read_text()


def test_a_stopped_application_is_left_unchanged(stop, tmp_path):
    assert stop(STATE="STOPPED").returncode == 0
    assert not (tmp_path / "stopped").exists()


def test_an_application_with_running_jobs_is_reported(stop):
    ran = stop(STATE="STARTED", STOPPING="refused")
    assert ran.returncode == 1
    assert "Wait until its job runs have ended" in ran.stderr


def test_missing_permissions_are_reported(stop):
    ran = stop(STATE="STARTED", LISTING="denied")
    assert ran.returncode == 1
    assert "Configure the AWS CLI with the identity that runs Terraform." in ran.stderr


def test_without_the_aws_cli_terraform_continues(stop):
    ran = stop(PATH="/usr/bin:/bin")
    assert ran.returncode == 0
    assert "The AWS CLI is not on PATH" in ran.stdout
