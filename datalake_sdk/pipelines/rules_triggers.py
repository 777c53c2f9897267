"""Rules for triggers, as in errors_triggers.tf."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

from datalake_sdk.pipelines.definition import ARGUMENTS, Pipeline, Trigger
from datalake_sdk.pipelines.limits import BUCKET_PATTERN, NAME_PATTERN, SCHEDULE_PATTERN, TIME_ZONE_PATTERN
from datalake_sdk.pipelines.values import number_text

_CRON = r"cron\((?:\S+ ){5}\S+\)"
_ONE_DAY_FIELD = r"cron\(\S+ \S+ (?:\? \S+ [^?\s]+|[^?\s]+ \S+ \?) \S+\)"
_AT = r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)"
_SINGLE = "trigger"
_FIELDS = {"schedule": ("time",), "s3": ("detail", "time"), "event": ("detail", "time")}
"""Fields of the input that a trigger sets."""


def trigger_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for triggers."""
    for path, trigger in pipeline.triggers.items():
        yield from _name_errors(path)
        for errors in (_type_errors, _argument_errors, _schedule_errors, _object_errors, _batch_errors, _event_errors):
            yield from errors(path, trigger)


def _name_errors(path: str) -> Iterator[str]:
    name = path.removeprefix("triggers.")
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > 64:
        yield (
            f"triggers has a trigger named '{name}'; a name must be 1 to 64 lowercase letters, digits and single '_' "
            "between them, starting with a letter."
        )
    if name == "notifications":
        yield (
            "triggers has a trigger named 'notifications', which is the name of the queue of undelivered failure "
            "notifications. Choose another name."
        )


def _type_errors(path: str, trigger: Trigger) -> Iterator[str]:
    none = ["none"] if path == _SINGLE else []
    if trigger.type not in (*none, *ARGUMENTS):
        yield f"{path}.type is '{trigger.type}'; it must be {', '.join((*none, 'schedule'))}, s3 or event."
    if trigger.type == "none" and trigger.argument not in (None, "none", "null"):
        yield (
            f"{path}.type is 'none' and {path}.argument is '{trigger.argument}', which must be 'none'. To start the "
            "pipeline by a schedule or an event, set type to schedule, s3 or event."
        )
    if trigger.type == "none" and trigger.start_disabled:
        yield f"{path}.start_disabled is true, but {path}.type is 'none', which starts nothing. Remove start_disabled."


def _argument_errors(path: str, trigger: Trigger) -> Iterator[str]:
    aliased = ARGUMENTS.get(trigger.type)
    if aliased and trigger.argument is not None and trigger.argument != getattr(trigger, aliased):
        yield (
            f"{path}.argument is '{trigger.argument}' and {path}.{aliased} is '{getattr(trigger, aliased)}'; they "
            "are the same setting. Remove one of them."
        )
    for kind, attribute in sorted(ARGUMENTS.items()):
        value = getattr(trigger, attribute)
        if (trigger.type == kind) != (value is not None):
            yield (
                f"{path}.type is '{trigger.type}' and {path}.{attribute} is '{value or 'null'}'; type {kind} "
                f"requires {attribute}, and the other types do not support it."
            )


def _schedule_errors(path: str, trigger: Trigger) -> Iterator[str]:
    schedule = trigger.schedule
    if schedule is not None and not re.fullmatch(SCHEDULE_PATTERN, schedule):
        yield (
            f"{path}.schedule is '{schedule}'; it must be cron(minutes hours day-of-month month day-of-week year), "
            "rate(number unit) or at(yyyy-mm-ddThh:mm:ss), such as cron(0 6 ? * MON-FRI *), rate(1 hour) or "
            "at(2026-03-01T06:00:00)."
        )
    if schedule is not None and (at := re.fullmatch(_AT, schedule)) and not _is_time(at[1]):
        yield f"{path}.schedule is '{schedule}', which is not a date and time of the calendar."
    if schedule is not None and re.fullmatch(_CRON, schedule) and not re.fullmatch(_ONE_DAY_FIELD, schedule):
        yield (
            f"{path}.schedule is '{schedule}'; either day-of-month or day-of-week, its third and fifth fields, must "
            "be '?'."
        )
    if not re.fullmatch(TIME_ZONE_PATTERN, trigger.time_zone):
        yield f"{path}.time_zone is '{trigger.time_zone}'; it must be a name in the tz database, such as Europe/Paris."
    if trigger.type != "schedule" and trigger.time_zone != "UTC":
        yield (
            f"{path}.type is '{trigger.type}' and {path}.time_zone is '{trigger.time_zone}'; only type schedule "
            "supports it."
        )


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def _object_errors(path: str, trigger: Trigger) -> Iterator[str]:
    bucket = trigger.bucket
    if trigger.type == "s3" and bucket is not None and not re.fullmatch(BUCKET_PATTERN, bucket):
        yield (
            f"{path}.bucket is '{bucket}'; it must be the name of a bucket, such as shop-inbox: 3 to 63 lowercase "
            "letters, digits, '-' and '.', starting and ending with a letter or digit."
        )
    for attribute in ("prefix", "suffix"):
        value = getattr(trigger, attribute)
        for _ in {"*", "\\"} & set(value):
            yield f"{path}.{attribute} is '{value}'; it must not contain '*' or '\\'."
        if trigger.type != "s3" and value:
            yield (f"{path}.type is '{trigger.type}' and {path}.{attribute} is '{value}'; only type s3 supports it.")


def _batch_errors(path: str, trigger: Trigger) -> Iterator[str]:
    window, size = trigger.batch_window_seconds, trigger.batch_size
    if window is not None and (trigger.type != "s3" or not 1 <= window <= 300):
        yield f"{path}.batch_window_seconds is {number_text(window)}; it must be 1 to 300, and requires type s3."
    if not 1 <= size <= 10000 or size != int(size):
        yield f"{path}.batch_size is {number_text(size)}; it must be a whole number from 1 to 10000."
    if size != Trigger.batch_size and window is None:
        yield (
            f"{path}.batch_size is {number_text(size)} and has no effect without {path}.batch_window_seconds. Set "
            "batch_window_seconds, or remove batch_size."
        )


def _event_errors(path: str, trigger: Trigger) -> Iterator[str]:
    pattern = trigger.event_pattern
    if pattern is not None and not _json_object(pattern):
        yield (
            f"{path}.event_pattern is '{pattern}'; it must be a non-empty JSON object, such as "
            '{"source": ["shop.orders"]}.'
        )
    parameters = _json_object(trigger.parameters)
    if parameters is None:
        yield f"{path}.parameters is '{trigger.parameters}'; it must be a JSON object."
    for name in sorted({*(parameters or {})}.intersection(_FIELDS.get(trigger.type, ()))):
        yield f"{path}.parameters contains '{name}', which type {trigger.type} sets itself. Choose another name."


def _json_object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
