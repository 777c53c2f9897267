"""Limits and formats of AWS services that the rules refer to, as in limits.tf of modules/configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

MAX_TASKS = 200
MAX_LEVELS = 128

# ECR has the strictest rule for names.
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
NAME_PATTERN = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
TABLE_PATTERN = r"[a-z][a-z0-9_]{0,254}\.[a-z][a-z0-9_]{0,254}"
OUTPUT_PATTERN = r"[a-z][a-z0-9_]{0,254}\.\*"
"""All tables of a database."""
PARAMETER_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*(\.\$)?"
DATABASE_PATTERN = r"[a-z][a-z0-9_]{0,254}"
CAUGHT_TASK, CAUGHT_ERROR, CAUGHT_CAUSE = "caught_task", "caught_error", "caught_cause"
"""Parameters of a task that catches a failure."""
BUCKET_PATTERN = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
ACTION_PATTERN = r"[a-z0-9-]+:[A-Za-z]+\*?"
INGESTION_MODES = ("append", "overwrite", "overwrite_partitions", "upsert")
OUTPUT_CHOICES: Mapping[str, Sequence[str]] = MappingProxyType(
    {"empty": ("ignore", "replace"), "on_duplicate": ("last", "refuse")}
)

DOMAIN_SUFFIXES = (
    "emr_sandbox",
    "emr_studio",
    "failsafe_ecs",
    "failsafe_emr",
    "failsafe_schedule",
    "failure_reports",
    "freshness_check",
    "lake_formation",
    "redshift_copy",
)
"""Suffixes of the names of roles and repositories that domain_factory creates."""

PATH_PATTERNS: Mapping[str, str] = {
    "ECS": r"(\$|States\.).*",
    "Lambda": r"(\$|States\.).*",
    "EMRServerless": r"\$\$?(\.[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?)+",
    "Glue": r"\$\$?(\.[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?)+",
}
"""The states of Spark tasks use JSONata, where only plain paths have the same meaning as in JSONPath."""

ITEMS_PATH_PATTERN = r"\$(\[\d+\])?(\.[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?)*"
MAX_ITEMS = 1000
"""An iteration is at most 16 events with the default retries, and the history of an execution at most 25,000.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
MAX_CONCURRENCY = 40
"""https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""
MAX_STATE_NAME_LENGTH = 80
"""https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html"""

OBJECT_PATH_PATTERN = (
    r"(detail\.object(\.key)?|(\$|\$\$\.Execution\.Input)(\[[^\]]*\])?(\.detail)?)"
    r"([^\w.\[$]|$)"
)
"""Paths and intrinsic functions whose value contains the key of the object that triggered the execution."""

FARGATE_MEMORY: Mapping[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"""
DEFAULT_CPU, DEFAULT_MEMORY = 1024, 2048

SPARK_WORKER_CORES = (1, 2, 4, 8, 16)
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-behavior.html#worker-configs"""
MEMORY_PATTERN = r"[1-9][0-9]*( ?(?i:[mgt]b?))?"
SPARK_SETTINGS = ("spark_driver_cores", "spark_driver_memory", "spark_executor_cores", "spark_executor_memory")
"""Attributes of infra_config that set a Spark setting of the same name, with dots."""
MAXIMUM_CAPACITY: Mapping[str, tuple[str, str]] = {
    "maximum_capacity_cpu": ("vCPU", r"[1-9][0-9]*( ?(?i:vcpu))?"),
    "maximum_capacity_memory": ("GB", r"[1-9][0-9]*( ?(?i:gb))?"),
}
"""Unit and pattern of each attribute."""

INFRA_ATTRIBUTES: Mapping[str, Sequence[str]] = {
    "ECS": ("cpu", "memory", "ephemeral_storage", "use_spot"),
    "EMRServerless": (
        "idle_timeout_minutes",
        "job_timeout_minutes",
        "maximum_capacity_cpu",
        "maximum_capacity_memory",
        "spark_configuration",
        *SPARK_SETTINGS,
    ),
    "Glue": ("extra_jars", "max_concurrent_runs", "number_of_workers", "spark_configuration", "worker_type"),
    "Lambda": ("memory", "ephemeral_storage", "reserved_concurrency"),
}
"""Attributes of infra_config by infrastructure; all support `architecture`."""

PYTHON_SHELLS = ("pythonshell", "PythonShell")
"""Jobs that are not supported: https://docs.aws.amazon.com/glue/latest/dg/add-job-python.html"""
GLUE_WORKER_TYPES = ("G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X")
"""https://docs.aws.amazon.com/glue/latest/dg/worker-types.html"""
JAR_PATTERN = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^,*?\s]+\.jar"
"""https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html"""

LAMBDA_MEMORY = range(256, 10_241)
"""In MB. The smallest size holds the SDK and its libraries.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
MAX_LAMBDA_STORAGE = 10
"""In GiB."""
MAX_LAMBDA_MINUTES = 14
"""A minute less than the limit of Lambda, for reporting a task that takes too long."""

# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
_MONTH = "(?:1[0-2]|0?[1-9]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_WEEKDAY = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
_VALUES_AND_SPECIALS = (
    (r"[0-5]?\d", ""),
    (r"(?:1\d|2[0-3]|0?\d)", ""),
    (r"(?:[12]\d|3[01]|0?[1-9])", r"|\?|L|LW|[0-9]+W"),
    (_MONTH, ""),
    (_WEEKDAY, rf"|\?|L|{_WEEKDAY}L|{_WEEKDAY}#[1-5]"),
    (r"(?:19[7-9]\d|2[01]\d\d)", ""),
)


def _cron_field(value: str, special: str) -> str:
    each = rf"(?:\*|{value}(?:-{value})?)(?:/\d+)?"
    return f"(?:{each}(?:,{each})*{special})"


SCHEDULE_PATTERN = "|".join(
    (
        rf"cron\({' '.join(_cron_field(*each) for each in _VALUES_AND_SPECIALS)}\)",
        r"rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)",
        r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)",
    )
)

_TIME_ZONE_AREAS = (
    "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US"
)
_TIME_ZONE_NAMES = (
    r"CET|CST6CDT|Cuba|EET|EST|EST5EDT|Egypt|Eire|GB|GB-Eire|GMT|GMT\+0|GMT-0|GMT0|Greenwich|HST|Hongkong|Iceland|Iran|"
    "Israel|Jamaica|Japan|Kwajalein|Libya|MET|MST|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROC|ROK|"
    "Singapore|Turkey|UCT|UTC|Universal|W-SU|WET|Zulu"
)
"""Names without an area: https://data.iana.org/time-zones/tzdb/."""
TIME_ZONE_PATTERN = f"(?:(?:{_TIME_ZONE_AREAS})(?:/[A-Za-z0-9_+-]+)+|{_TIME_ZONE_NAMES})"

REDSHIFT_RULES = {
    "workgroup": (
        r"arn:aws[\w-]*:redshift-serverless:[\w-]+:[0-9]{12}:workgroup/\S+",
        "the ARN of a workgroup, such as aws_redshiftserverless_workgroup.this.arn",
    ),
    "cluster": (r"[a-z](?:-?[a-z0-9]+)*", "the identifier of a cluster, such as analytics-1"),
    "secret_arn": (
        r"arn:aws[\w-]*:secretsmanager:[\w-]+:[0-9]{12}:secret:\S+",
        "the ARN of a secret in Secrets Manager",
    ),
    "copy_role_arn": (r"arn:aws[\w-]*:iam::[0-9]{12}:role/\S+", "the ARN of an IAM role"),
}
"""Patterns of the attributes of a database in Redshift, and their rules."""
