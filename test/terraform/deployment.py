"""The complete examples: a domain and its pipeline, on the emulator or in an account.

On the emulator, each is applied with a role of modules/deployment_role while IAM is enforced. If an apply, a plan or a
destroy is denied, add the action to the policies of that module.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from test.emulator import Emulator
from test.emulator.process import ACCOUNT
from test.terraform.deployment_roles import EXAMPLE, job_environment, role_arns, role_of
from test.terraform.images import PUBLIC_INDEX
from test.terraform.provider import installed_provider
from test.terraform.state import Resource
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform, shared_provider
from test.terraform.workspace import container_engine, copy_repository

Pipeline = dict[str, Any]

TESTER = f"arn:aws:iam::{ACCOUNT}:role/shop_sales_tester"
"""ARN of the role that runs the integration pipeline."""

ADMINISTRATORS = [f"arn:aws:iam::{ACCOUNT}:role/shop_sales_{name}" for name in ("ada", "ben")]
"""ARNs of the administrators of its tables."""

INTEGRATION_VARIABLES = {
    "TF_VAR_domain_name": "sales",
    "TF_VAR_stage_name": "integration",
    "TF_VAR_datalake_admin_principal_arns": "shop_sales_ada,shop_sales_ben",
    "TF_VAR_failure_notification_receivers": "ada@example.com,ben@example.com",
    "TF_VAR_tester_role_arn": TESTER,
}
"""Variables of the integration pipeline, whose domain the role of the other stages applies."""


class Examples:
    """The complete examples of both factories in a copy of the repository, until `stop`.

    Args:
        environment: Environment variables of terraform.
        folder: An empty folder for the copy.
        overrides: Settings of the provider by name of the file that sets them, such as `emulator`.

    Attributes:
        domain: `domain_factory/examples/complete`.
        pipeline: `pipeline_factory/examples/complete`.
        timeline: Duration of each step in seconds, in order.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, overrides: Mapping[str, str]) -> None:
        (folder / "repository").mkdir()
        self._environment = environment
        self._overrides = overrides
        self._repository = copy_repository(folder / "repository")
        self._providers = ExitStack()
        self._provider: Path | None = None
        self.timeline: dict[str, float] = {}
        self.domain = self.root("domain_factory/examples/complete")
        self.pipeline = self.root("pipeline_factory/examples/complete")

    def root(self, path: str, **variables: str) -> Terraform:
        """A root module of the copy, with additional environment variables."""
        terraform = Terraform(self._repository / path, {**self._environment, **variables})
        for name, settings in self._overrides.items():
            terraform.override_provider(name, settings)
        return terraform

    def init(self, *roots: Terraform) -> None:
        """Initializes root modules, and starts a provider for all that configure it in the same way."""
        if not self._provider:
            roots[0].init()
            self._provider = installed_provider(roots[0].folder)
        # The provider resolves relative paths, such as that of orders.csv, in its own working folder.
        for group in _with_same_provider(sorted(roots, key=lambda root: root.folder != self.pipeline.folder)):
            self._providers.enter_context(shared_provider(*group, program=self._provider))
        in_parallel(*(root.init for root in roots))

    def stop(self) -> None:
        self._providers.close()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Records the duration of a step."""
        started = time.monotonic()
        yield
        self.timeline[name] = time.monotonic() - started

    @contextmanager
    def edited_pipeline(self) -> Iterator[Pipeline]:
        """Yields pipeline.yaml of the complete example, and writes it when the block ends."""
        file = self.pipeline.folder / "pipeline.yaml"
        pipeline = yaml.safe_load(file.read_text())
        yield pipeline
        file.write_text(yaml.safe_dump(pipeline))


class Deployment(Examples):
    """The complete examples on the emulator, and additional domains.

    Args:
        aws: The emulator.
        folder: An empty folder for the copy.
        engine_settings: Additional variables of the container engine.

    Attributes:
        aws: The emulator.
        original: A domain and two pipelines written in the original framework's interface.
        integration: The integration pipeline and its domain.
        applied: The root modules that `apply_examples` has applied, by path.
    """

    def __init__(self, aws: Emulator, folder: Path, engine_settings: Mapping[str, str] | None = None) -> None:
        (folder / "images").mkdir()
        (folder / "tokens").mkdir()
        self.aws = aws
        self._tokens = folder / "tokens"
        environment = {**container_engine(folder / "images"), **(engine_settings or {})}
        super().__init__(environment, folder, {"emulator": EMULATOR_SETTINGS})
        self.original = self.root("test/contract/original_interface/repository")
        self.integration = self.root("test", **INTEGRATION_VARIABLES)
        self.applied: dict[str, Terraform] = {}
        self.roles = self._administrator_root(EXAMPLE)

    def root(self, path: str, **variables: str) -> Terraform:
        """A root module of the copy that a job of GitLab applies."""
        job = job_environment(self.aws, role_of(path), self._tokens)
        return super().root(path, **job, **variables)

    def _administrator_root(self, path: str) -> Terraform:
        """A root module of the copy that the root user applies."""
        return super().root(path, **self.aws.environment)

    def apply_roles(self) -> None:
        """Applies the roles as the root user, makes them Lake Formation administrators, and enforces IAM."""
        self.init(self.roles)
        self.roles.apply()
        make_administrators(self.aws, *role_arns(self.aws))
        self.aws.enforce_iam()

    def another_stage(self, stage_name: str) -> Terraform:
        """The minimal example of a domain, in another stage."""
        minimal = self._repository / "domain_factory/examples/minimal"
        other = shutil.copytree(minimal, minimal.with_name(stage_name))
        return self.root(str(other.relative_to(self._repository)), TF_VAR_stage_name=stage_name)

    def apply_examples(self) -> dict[str, list[Resource]]:
        """Applies the root modules with examples, and returns their resources by path: the examples of all modules, the
        repository in the original interface, and the integration pipeline.
        """
        networks = [self._administrator_root(path) for path in self._examples("modules/network")]
        pipelines = [self.root(path) for path in self._examples("pipeline_factory")]
        others = [self.root(path, TF_VAR_stage_name=Path(path).name) for path in self._examples("domain_factory")]
        self.apply_roles()
        domains = [self.domain, self.original, self.integration]
        domains += [root for root in others if root.folder != self.domain.folder]
        roots = [*networks, *domains, *pipelines]
        self.init(*roots)
        for level in (networks, domains, pipelines):
            in_parallel(*(root.apply for root in level))
        self.applied = {str(root.folder.relative_to(self._repository)): root for root in [self.roles, *roots]}
        states = in_parallel(*(root.state for root in self.applied.values()))
        return dict(zip(self.applied, states, strict=True))

    def _examples(self, module: str) -> list[str]:
        return [f"{module}/examples/{folder.name}" for folder in (self._repository / module / "examples").iterdir()]

    def folder(self, name: str) -> Path:
        """A new folder of the copy, next to the modules."""
        folder = self._repository / name
        folder.mkdir()
        return folder

    def append(self, path: str, line: str) -> None:
        """Appends a line to a file of the copy."""
        with (self._repository / path).open("a") as file:
            file.write(f"{line}\n")

    def add_task_folder(self, name: str, code: str) -> None:
        """Adds a folder `tasks/{name}` to the complete example."""
        folder = self.pipeline.folder / "tasks" / name
        (folder / "code").mkdir(parents=True)
        (folder / "code/main.py").write_text(code)
        (folder / "requirements.txt").touch()


def prepare_account(aws: Emulator) -> None:
    """Makes the root user a Lake Formation administrator, and creates a VPC for domains without their own."""
    make_administrators(aws)
    ec2 = aws.client("ec2")
    tags = _tagged("vpc", Name="shop_network_platform_prod")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    for number, tier in enumerate(["Public", "Private"]):
        tags = _tagged("subnet", Tier=tier)
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", TagSpecifications=tags)


def make_administrators(aws: Emulator, *principals: str) -> None:
    """Makes the root user and other principals the Lake Formation administrators."""
    arns = [f"arn:aws:iam::{aws.account}:root", *principals]
    administrators = [{"DataLakePrincipalIdentifier": arn} for arn in arns]
    aws.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": administrators})


@contextmanager
def applied_deployment(
    folder: Path, engine_settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Deployment, dict[str, list[Resource]]]]:
    """Applies every example, each domain as another stage, and the integration pipeline, on a new emulator.

    Args:
        folder: An empty folder.
        engine_settings: Additional variables of the container engine.

    Yields:
        The deployment, and the resources and data sources in the state of each root module, by its path.
    """
    with Emulator() as aws:
        aws.control("connect_public_index", url=PUBLIC_INDEX)
        create_users(aws)
        deployment = Deployment(aws, folder, engine_settings)
        try:
            yield deployment, deployment.apply_examples()
        finally:
            deployment.stop()


def create_users(aws: Emulator) -> None:
    """Creates the roles of the users of the integration pipeline, without permissions."""
    principal = {"AWS": f"arn:aws:iam::{aws.account}:root"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for arn in (TESTER, *ADMINISTRATORS):
        aws.client("iam").create_role(RoleName=arn.rpartition("/")[2], AssumeRolePolicyDocument=policy)


def in_parallel(*calls: Callable[[], Any]) -> list[Any]:
    """Makes calls in parallel and returns their results."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def _with_same_provider(roots: Sequence[Terraform]) -> Iterable[list[Terraform]]:
    """Groups root modules by the environment from which they configure the provider."""
    groups: dict[frozenset[tuple[str, str]], list[Terraform]] = {}
    for root in roots:
        variables = {(name, value) for name, value in root.environment.items() if not name.startswith("TF_")}
        groups.setdefault(frozenset(variables), []).append(root)
    return groups.values()


def _tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
