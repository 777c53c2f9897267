"""Attributes of a pipeline file, and messages for those that do not exist, as in modules/attributes."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PIPELINE = "pipeline"
"""Root of the paths; messages omit it."""
DATASETS = "datasets"
_MINIMUM_SIMILARITY = 30
"""Percentage below which no attribute is suggested."""


@dataclass(frozen=True)
class Attributes:
    """Attributes of an object: those that must be numbers, those that must be booleans, and all others."""

    numbers: frozenset[str] = frozenset()
    booleans: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    all: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all", self.numbers | self.booleans | self.others)


def _attributes(numbers: str = "", booleans: str = "", others: str = "") -> Attributes:
    return Attributes(frozenset(numbers.split()), frozenset(booleans.split()), frozenset(others.split()))


_TRIGGER = _attributes(
    "batch_size batch_window_seconds",
    "start_disabled",
    "argument bucket event_pattern parameters prefix schedule suffix time_zone type",
)
SCHEMA: Mapping[str, Attributes] = {
    "pipeline": _attributes(others="pipeline_name run_for_each tasks trigger triggers"),
    "pipeline.tasks.*": _attributes(
        "heartbeat_seconds retries timeout_minutes",
        "",
        "additional_parameters additional_permissions additional_rebuild_trigger after catch expand for_each "
        "infra_config infra_type input_paths input_tables output_paths output_tables path redshift secrets "
        "shared_modules type when",
    ),
    "pipeline.tasks.*.for_each": _attributes("max_concurrency", "", "input items tables"),
    "pipeline.tasks.*.infra_config": _attributes(
        "cpu ephemeral_storage idle_timeout_minutes job_timeout_minutes max_concurrent_runs memory number_of_workers "
        "reserved_concurrency spark_driver_cores spark_executor_cores",
        "use_spot",
        "architecture extra_jars maximum_capacity_cpu maximum_capacity_memory spark_configuration spark_driver_memory "
        "spark_executor_memory worker_type",
    ),
    "pipeline.tasks.*.output_tables.*": _attributes(
        others="delete_when empty ingestion_mode on_duplicate order_by partition_keys upsert_keys"
    ),
    "pipeline.tasks.*.redshift": _attributes(others="cluster copy_role_arn database db_user secret_arn workgroup"),
    "pipeline.tasks.*.additional_permissions.*": _attributes(others="actions resources"),
    "pipeline.trigger": _TRIGGER,
    "pipeline.triggers.*": _TRIGGER,
    "datasets.*": _attributes(others="failure_notification_receivers parameters pipeline source_prefix tables team"),
    "datasets.*.tables.*": _attributes(others="delete_when name on_duplicate order_by partition_keys upsert_keys"),
}
"""Attributes by path; `*` stands for a name that the user chooses."""


def attribute_errors(pipeline: Any) -> list[str]:
    """Returns a message for each unknown attribute, value that is not an object, number or boolean."""
    return list(_errors(PIPELINE, "", pipeline))


def dataset_attribute_errors(datasets: Any) -> list[str]:
    """Returns a message for each unknown attribute of a dataset, and value that is not an object."""
    return list(_errors(DATASETS, DATASETS, datasets))


def _errors(pattern: str, path: str, value: Any) -> Iterator[str]:
    attributes = SCHEMA.get(pattern)
    if attributes is not None and (value is not None or pattern == PIPELINE or pattern.endswith("*")):
        yield from _object_errors(path or "The file", attributes, value)
    for key, child in value.items() if isinstance(value, Mapping) else ():
        for deeper in (f"{pattern}.{key}", f"{pattern}.*"):
            if any(f"{each}.".startswith(f"{deeper}.") for each in SCHEMA):
                yield from _errors(deeper, _joined(path, str(key)), child)


def _object_errors(path: str, attributes: Attributes, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} must be an object. Valid attributes: {', '.join(sorted(attributes.all))}."
        return
    for name in sorted(set(map(str, value)) - attributes.all):
        yield _unknown(path, name, attributes.all)
    for name in sorted(attributes.numbers & value.keys()):
        if not is_number(value[name]):
            yield f"{path}.{name} is '{shown(value[name])}'; it must be a number."
    for name in sorted(attributes.booleans & value.keys()):
        if not _is_boolean(value[name]):
            yield f"{path}.{name} is '{shown(value[name])}'; it must be true or false."


def _joined(path: str, key: str) -> str:
    if not re.fullmatch(r"\w+", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _unknown(path: str, name: str, valid: frozenset[str]) -> str:
    similarity, closest = max((_similarity(name, each), each) for each in valid)
    suggestion = f"; did you mean '{closest}'?" if similarity >= _MINIMUM_SIMILARITY else "."
    return f"{path} has no attribute '{name}'{suggestion} Valid attributes: {', '.join(sorted(valid))}."


def _similarity(name: str, other: str) -> int:
    """Dice coefficient of the pairs of adjacent characters, in percent."""
    return 200 * len(_pairs(name) & _pairs(other)) // (len(name) + len(other) + 2)


def _pairs(name: str) -> set[str]:
    padded = f" {name} "
    return {padded[index : index + 2] for index in range(len(name) + 1)}


def is_number(value: object) -> bool:
    """Whether Terraform converts the value to a number, which is not too large for a float, or it is null."""
    if value is None or isinstance(value, bool):
        return value is None
    if isinstance(value, str):
        is_given = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", value) is not None
        return is_given and math.isfinite(float(value))
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _is_boolean(value: object) -> bool:
    return value is None or isinstance(value, bool) or value in ("true", "false")


def shown(value: Any) -> str:
    """Formats a value for a message: strings as they are, all others as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
