"""The roles of modules/deployment_role with which tests apply the examples, as jobs of GitLab do."""

from __future__ import annotations

from pathlib import Path

from test.emulator import Emulator
from test.emulator.web_identity import web_identity_token

EXAMPLE = "modules/deployment_role/examples/gitlab"
ISSUER = "https://gitlab.example.com"

_DEV, _OTHER_STAGES, _BILLING = "shop_sales_dev", "shop_sales_all", "shop_billing_feature_all"
_SUBJECTS = {
    _DEV: "project_path:shop/sales:ref_type:branch:ref:feature_1",
    _OTHER_STAGES: "project_path:shop/sales:ref_type:branch:ref:main",
    _BILLING: "project_path:shop/billing:ref_type:branch:ref:feature_x",
}
"""Subjects of the tokens of jobs, by the environments of a role."""


def role_of(root: str) -> str:
    """Returns the environments of the role that applies a root module, by its path in the repository."""
    if root.startswith("test/contract"):
        return _BILLING
    of_dev = root.startswith("pipeline_factory") or root == "domain_factory/examples/complete"
    return _DEV if of_dev else _OTHER_STAGES


def role_arns(aws: Emulator) -> list[str]:
    """ARNs of all roles of the example."""
    return [_arn(aws, environments) for environments in _SUBJECTS]


def job_environment(aws: Emulator, environments: str, folder: Path) -> dict[str, str]:
    """Returns the environment variables of a job, which has a token instead of credentials.

    https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role-web.html

    Args:
        aws: The emulator.
        environments: What `role_of` returns.
        folder: Folder for the file with the token.
    """
    token = folder / f"{environments}.token"
    token.write_text(web_identity_token(ISSUER, ISSUER, _SUBJECTS[environments]))
    inherited = {name: value for name, value in aws.environment.items() if "KEY" not in name and "TOKEN" not in name}
    return {
        **inherited,
        # The provider resolves credentials before AWS_ENDPOINT_URL.
        "AWS_ENDPOINT_URL_STS": aws.endpoint,
        "AWS_ROLE_ARN": _arn(aws, environments),
        "AWS_ROLE_SESSION_NAME": "job",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "TF_VAR_permissions_boundary_arn": f"arn:aws:iam::{aws.account}:policy/boundaries/shop",
    }


def _arn(aws: Emulator, environments: str) -> str:
    return f"arn:aws:iam::{aws.account}:role/deployment-{environments}"
