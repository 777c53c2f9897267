"""The program for a sandbox account, on the emulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from test.terraform.deployment import prepare_account
from test.terraform.inventory import inventory
from test.terraform.workspace import container_engine

_REPOSITORY = Path(__file__).parents[2]
STEPS = ("apply domain", "second plan of the domain", "execution", "queries", "apply of more memory", "destroy domain")
FAILING = ("-target=module.domain.aws_s3_bucket.this", "-target=module.domain.module.failsafe_image")
"""Some resources of the domain, since the failure of any of them fails its apply."""
PROBES = ("SourceArn at creation", "Spark parameters", "listed grants", "zones")


def start_program(aws, folder, **environment):
    (folder / "images").mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "test.account", "--records", folder / "records"],
        cwd=_REPOSITORY,
        env={**inherited, **aws.environment, **container_engine(folder / "images"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_program(aws, folder, **environment):
    """Runs the program; returns its exit code, its output and the resources that it left."""
    prepare_account(aws)
    before = inventory(aws)
    with start_program(aws, folder, **environment) as program:
        out, err = program.communicate()
    return program.returncode, out, err, inventory(aws) - before


def test_an_unconfirmed_account_is_not_changed(aws, tmp_path):
    code, _, err, left = run_program(aws, tmp_path, SANDBOX_ACCOUNT_ID="111122223333")
    assert (code, left) == (2, set())
    assert f"the credentials are those of account {aws.account}" in err


def test_an_interrupted_run_creates_nothing_more(aws, tmp_path):
    before = inventory(aws)
    with start_program(aws, tmp_path, SANDBOX_ACCOUNT_ID=aws.account) as program:
        assert "init …\n" in iter(program.stderr.readline, "")
        program.send_signal(signal.SIGTERM)
        out, _ = program.communicate()
    assert program.returncode == 1
    assert "## Failed: apply domain\n\n```text\nnot run: interrupted" in out
    assert inventory(aws) == before


def test_the_examples_are_destroyed_after_success(aws, tmp_path):
    code, out, err, left = run_program(aws, tmp_path, SANDBOX_ACCOUNT_ID=aws.account)
    assert (code, left) == (0, set()), out + err
    sys.stdout.write(out)
    assert all(f"| {step} |" in out for step in STEPS)
    assert all(f"| {probe} | `" in out for probe in PROBES)
    # The emulator has no quotas.
    assert [line.split(" | ")[0] for line in out.splitlines() if "not available" in line] == ["| quotas"]
    assert "## Left in the account\n\nnothing" in out
    (record,) = (tmp_path / "records").iterdir()
    assert record.read_text() == out
    assert aws.account not in out


def test_the_examples_are_destroyed_after_a_failure(aws, tmp_path):
    # Without a container engine, the buckets and the repository are created, and the image is not.
    without_engine = {"TF_VAR_container_cli": "no_engine", "TF_CLI_ARGS_apply": " ".join(FAILING)}
    code, out, err, left = run_program(aws, tmp_path, SANDBOX_ACCOUNT_ID=aws.account, **without_engine)
    assert (code, left) == (1, set()), out + err
    assert "## Failed: apply domain" in out
    assert "no_engine" in out
    assert "| execution |" not in out
