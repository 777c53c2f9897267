"""The resources that a call's actions apply to.

See https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlparse

from moto.athena.models import athena_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import KmsBackend, kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from test.emulator.iam_calls import Call
from test.emulator.redshift_endpoints import find_endpoint

Resource = str | None
"""An ARN, `*` for an action without resources, or None if the emulator does not know it and accepts any resource."""


def resources(call: Call) -> list[Resource]:
    """Returns the resources of a call; its caller needs permission for all of them."""
    find = _RESOURCES.get(call.service)
    if find is None:
        return [None]
    tagged = call.get("resourceArn", "ResourceArn", "ResourceARN", "resourceARN", "arn")
    if tagged and "Tag" in call.action:
        return [str(tagged)]
    return find(call)


def _athena(call: Call) -> list[Resource]:
    backend = athena_backends[call.account][call.region]
    group = call.get("WorkGroup")
    if "QueryExecutionId" in call.parameters:
        group = getattr(backend.executions.get(call.get("QueryExecutionId")), "workgroup", None)
    elif "NamedQueryId" in call.parameters:
        group = getattr(backend.named_queries.get(call.get("NamedQueryId")), "workgroup", None)
    elif call.action.endswith("WorkGroup"):
        group = group or call.get("Name")
    elif call.action.startswith("List") and not group:
        return ["*"]
    return [call.arn(f"workgroup/{getattr(group, 'name', group) or 'primary'}")]


def _bedrock(call: Call) -> list[Resource]:
    if call.action == "CreateInferenceProfile":
        return [call.arn("application-inference-profile/*"), call.get("modelSource")["copyFrom"]]
    named = call.get("inferenceProfileIdentifier", "modelId", "modelIdentifier")
    if not named:
        return ["*"]
    model = call.action.startswith("Invoke") or "FoundationModel" in call.action
    kind = "foundation-model" if model else "application-inference-profile"
    return [named if named.startswith("arn:") else call.arn(f"{kind}/{named}")]


def _budgets(call: Call) -> list[Resource]:
    name = call.get("BudgetName") or (call.get("Budget") or call.get("NewBudget") or {}).get("BudgetName")
    return [f"arn:aws:budgets::{call.account}:budget/{name}" if name else "*"]


def _cloudwatch(call: Call) -> list[Resource]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html."""
    if call.get("ResourceARN"):
        return [call.get("ResourceARN")]
    dashboards = call.get("DashboardNames") or [call.get("DashboardName")]
    alarms = call.get("AlarmNames") or [call.get("AlarmName")]
    found = [f"arn:aws:cloudwatch::{call.account}:dashboard/{name}" for name in dashboards if name]
    return found + [call.arn(f"alarm:{name}") for name in alarms if name] or ["*"]


def _codeartifact(call: Call) -> list[Resource]:
    domain, repository = call.get("domain"), call.get("repository")
    if not domain or call.action in ("CreateDomain", "CreateRepository"):
        return ["*"]
    return [call.arn(f"repository/{domain}/{repository}" if repository else f"domain/{domain}")]


def _ecr(call: Call) -> list[Resource]:
    names = call.get("repositoryNames") or [call.get("repositoryName")]
    return [call.arn(f"repository/{name}") if name else "*" for name in names]


def _ecs(call: Call) -> list[Resource]:
    if call.action == "RunTask":
        definition = call.parameters["taskDefinition"]
        return [definition if definition.startswith("arn:") else call.arn(f"task-definition/{definition}")]
    if call.action == "RegisterTaskDefinition":
        return [call.arn(f"task-definition/{call.get('family')}:*")]
    if "Cluster" in call.action and call.action != "ListClusters":
        named = call.get("clusters") or [call.get("clusterName", "cluster") or "default"]
        return [name if name.startswith("arn:") else call.arn(f"cluster/{name}") for name in named]
    tasks = call.get("tasks") or ([call.get("task")] if call.get("task") else [])
    cluster = (call.get("cluster") or "default").rpartition("/")[2]
    return [task if task.startswith("arn:") else call.arn(f"task/{cluster}/{task}") for task in tasks] or ["*"]


def _emr(call: Call) -> list[Resource]:
    studio = call.get("StudioId")
    return [call.arn(f"studio/{studio}") if studio else "*"]


def _emr_serverless(call: Call) -> list[Resource]:
    application, job_run = call.get("applicationId"), call.get("jobRunId")
    if not application:
        return ["*"]
    return [call.arn(f"/applications/{application}" + (f"/jobruns/{job_run}" if job_run else ""))]


def _events(call: Call) -> list[Resource]:
    if call.action == "PutEvents":
        return [call.arn(f"event-bus/{_bus(entry.get('EventBusName'))}") for entry in call.parameters["Entries"]]
    if call.action.endswith(("EventBus", "EventBuses")):
        return [call.arn(f"event-bus/{_bus(call.get('Name'))}") if call.get("Name") else "*"]
    rule, bus = call.get("Rule", "Name"), _bus(call.get("EventBusName"))
    if not rule or ("Rule" not in call.action and "Target" not in call.action):
        return ["*"]
    return [call.arn(f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}")]


def _bus(name: str | None) -> str:
    return (name or "default").rpartition("/")[2]


def _glue(call: Call) -> list[Resource]:
    """Returns the resource and its ancestors: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html."""
    kind = re.search("Database|Table|Partition|UserDefinedFunction|Crawler|Job|Connection", call.action)
    if not kind:
        return [None]
    if kind[0] in ("Crawler", "Job", "Connection"):
        name = call.get("Name", "JobName", "CrawlerName") or (call.get("ConnectionInput") or {}).get("Name")
        return [call.arn(f"{kind[0].lower()}/{name}") if name else "*"]
    about_database = re.fullmatch("(Get|Create|Update|Delete)Databases?", call.action)
    database = (
        (call.get("DatabaseInput") or call.parameters).get("Name") if about_database else call.get("DatabaseName")
    )
    table = None if about_database else (call.get("TableInput") or {}).get("Name") or call.get("TableName", "Name")
    database, table = (database or "").lower(), (table or "").lower()
    paths = ["catalog", *([f"database/{database}"] if database else [])]
    paths += [f"table/{database}/{table}"] if table else []
    if call.action == "DeleteDatabase":
        paths += [f"table/{database}/*", f"userDefinedFunction/{database}/*"]
    return [call.arn(path) for path in paths]


def _iam(call: Call) -> list[Resource]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html."""
    prefix = f"arn:aws:iam::{call.account}:"
    kinds = {"RoleName": "role", "UserName": "user", "GroupName": "group", "InstanceProfileName": "instance-profile"}
    for parameter, kind in kinds.items():
        if name := call.get(parameter):
            path = _path_of_role(call.account, name) if kind == "role" else None
            return [f"{prefix}{kind}{call.get('Path') or path or '/'}{name}"]
    if call.action == "CreatePolicy":
        return [f"{prefix}policy{call.get('Path') or '/'}{call.get('PolicyName')}"]
    listed = re.fullmatch("List(Role|User|Group|InstanceProfile|Policie)s", call.action)
    path = call.get("PathPrefix") or "/"
    kind = (
        {"Policie": "policy", "InstanceProfile": "instance-profile"}.get(listed[1], listed[1].lower()) if listed else ""
    )
    return [call.get("PolicyArn") or (f"{prefix}{kind}{path}" if listed else "*")]


def _path_of_role(account: str, name: str) -> str | None:
    try:
        return iam_backends[account]["aws"].get_role(name).path
    except NotFoundException:
        return None


def _kms(call: Call) -> list[Resource]:
    backend = kms_backends[call.account][call.region]
    named = key_of(call)
    alias = [call.arn(call.get("AliasName"))] if call.get("AliasName") else []
    return [*alias, *([key_arn(backend, named)] if named else [])] or ["*"]


def key_of(call: Call) -> str | None:
    """Returns the ID, the ARN or an alias of the key that a call uses."""
    named: str | None = call.get("KeyId", "TargetKeyId")
    if not named and call.get("CiphertextBlob"):
        # moto's ciphertext begins with the ID of the key.
        return str(call.get("CiphertextBlob")[:36].decode(errors="replace"))
    return named


def key_arn(backend: KmsBackend, named: str) -> str:
    """Returns the ARN of a key, given by its ID, its ARN or an alias."""
    alias = backend.get_alias_name(named)
    found = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else backend.get_key_id(named)
    key = backend.keys.get(found or "")
    if key:
        return key.arn
    return named if named.startswith("arn:") else f"arn:aws:kms:{backend.region_name}:{backend.account_id}:key/{named}"


def _lambda(call: Call) -> list[Resource]:
    name = call.get("FunctionName")
    if not name:
        return ["*"]
    return [name if name.startswith("arn:") else call.arn(f"function:{name}")]


def _logs(call: Call) -> list[Resource]:
    if "logGroupName" not in call.parameters and "Group" not in call.action:
        return [call.get("logGroupIdentifier") or "*"]
    return [call.arn(f"log-group:{call.get('logGroupName') or ''}:log-stream:{call.get('logStreamName') or ''}")]


def _pipes(call: Call) -> list[Resource]:
    return [call.arn(f"pipe/{call.get('Name')}") if call.get("Name") else "*"]


def _redshift_data(call: Call) -> list[Resource]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html."""
    named = str(call.get("WorkgroupName", "ClusterIdentifier") or "")
    endpoint = find_endpoint(named)
    return [endpoint.arn if endpoint else named or "*"]


def _scheduler(call: Call) -> list[Resource]:
    name = call.get("Name")
    if not name or call.action.startswith("List"):
        return ["*"]
    if call.action.endswith("ScheduleGroup"):
        return [call.arn(f"schedule-group/{name}")]
    return [call.arn(f"schedule/{call.get('GroupName') or 'default'}/{name}")]


def _secretsmanager(call: Call) -> list[Resource]:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html."""
    named = call.get("SecretId", "Name")
    if not named:
        return ["*"]
    stored = secretsmanager_backends[call.account][call.region].secrets.get(named)
    return [stored.arn if stored else named if named.startswith("arn:") else call.arn(f"secret:{named}-*")]


def _sns(call: Call) -> list[Resource]:
    if "SubscriptionArn" in call.parameters:
        return ["*"]
    named = call.get("TopicArn", "TargetArn")
    return [named or (call.arn(call.get("Name")) if call.get("Name") else "*")]


def _sqs(call: Call) -> list[Resource]:
    if url := call.get("QueueUrl"):
        account, name = urlparse(url).path.strip("/").split("/")[-2:]
        return [f"arn:aws:sqs:{call.region}:{account}:{name}"]
    return [call.arn(call.get("QueueName")) if call.get("QueueName") else "*"]


def _ssm(call: Call) -> list[Resource]:
    name = call.get("Name", "Path", "ResourceId")
    return [call.arn(f"parameter/{each.lstrip('/')}") for each in call.get("Names") or [name] if each] or ["*"]


def _states(call: Call) -> list[Resource]:
    if call.action == "CreateStateMachine":
        return [call.arn(f"stateMachine:{call.get('name')}")]
    return [call.get("stateMachineArn", "executionArn", "activityArn") or "*"]


def _sts(call: Call) -> list[Resource]:
    return [call.get("RoleArn") or "*"]


def _none(call: Call) -> list[Resource]:
    return ["*"]


_RESOURCES: dict[str, Callable[[Call], list[Resource]]] = {
    "athena": _athena,
    "bedrock": _bedrock,
    "budgets": _budgets,
    "cloudwatch": _cloudwatch,
    "codeartifact": _codeartifact,
    "ecr": _ecr,
    "ecs": _ecs,
    "elasticmapreduce": _emr,
    "emr-serverless": _emr_serverless,
    "events": _events,
    "glue": _glue,
    "iam": _iam,
    "kms": _kms,
    "lakeformation": _none,
    "lambda": _lambda,
    "logs": _logs,
    "pipes": _pipes,
    "redshift-data": _redshift_data,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "states": _states,
    "sts": _sts,
    "tag": _none,
    "xray": _none,
}
