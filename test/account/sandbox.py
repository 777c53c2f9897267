"""The sandbox account, which must be confirmed before anything is created in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3

CONFIRMATION = "SANDBOX_ACCOUNT_ID"
RUN_TAG = "datalake_sdk_account_test"


class UnconfirmedAccountError(Exception):
    """The credentials are not those of the account that the environment confirms."""


@dataclass(frozen=True)
class Sandbox:
    """An account to create and destroy resources in.

    Args:
        account: Account ID.
        region: Region of all resources.
        caller: ARN of the identity that creates them.
        endpoint: Endpoint of the emulator; None on AWS.
    """

    account: str
    region: str
    caller: str
    endpoint: str | None

    @property
    def stage_name(self) -> str:
        """Stage of the examples. Names of buckets are unique among all accounts, so it contains the account ID."""
        return f"s{self.account}"

    @property
    def environment_name(self) -> str:
        """Prefix of the names of all resources."""
        return f"shop_sales_{self.stage_name}"

    @property
    def poll_interval(self) -> float:
        """Seconds between two requests for a status."""
        return 10 if self.endpoint is None else 0.5

    def client(self, service: str) -> Any:
        """Returns a boto3 client."""
        return boto3.client(service, region_name=self.region)


def confirmed_sandbox() -> Sandbox:
    """Returns the account of the process's credentials.

    Raises:
        UnconfirmedAccountError: `SANDBOX_ACCOUNT_ID` is not the ID of this account.
    """
    region = boto3.Session().region_name
    if region is None:
        raise UnconfirmedAccountError("AWS_REGION is not set; set it to the region to test, such as eu-west-1.")
    identity = boto3.client("sts", region_name=region).get_caller_identity()
    confirmed = os.environ.get(CONFIRMATION, "")
    if confirmed != identity["Account"]:
        raise UnconfirmedAccountError(
            f"{CONFIRMATION} is '{confirmed}', but the credentials are those of account {identity['Account']} "
            f"({identity['Arn']}). Nothing was created. If this is a sandbox account, set {CONFIRMATION} to its ID."
        )
    return Sandbox(identity["Account"], region, identity["Arn"], os.environ.get("AWS_ENDPOINT_URL"))
