"""S3: sends events to EventBridge in the format of AWS, and handles bucket configurations that moto does not know."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3 import notifications
from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend
from moto.s3.notifications import S3NotificationEvent as Event
from moto.s3.responses import S3Response

from test.emulator import events
from test.emulator.access import resource_decision
from test.emulator.iam_decision import Outcome
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("s3")


@PATCHES.replace(notifications, "send_event", "da8a7c7c6f2b")
def _send_event(stock: Any, account_id: str, event_name: Event, bucket: Any, key: Any) -> None:
    if event_name not in getattr(_request, "suppressed", ()):
        stock(account_id, event_name, bucket, key)


@PATCHES.replace(notifications, "_send_event_bridge_message", "971cee49c687")
def _send_event_bridge_message(stock: Any, account_id: str, bucket: Any, event_name: Event, key: Any) -> None:
    """Emits an event in this format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html."""
    thing = {"key": key.name, "sequencer": uuid.uuid4().hex[:16].upper()}
    if hasattr(key, "etag"):
        thing["etag"] = key.etag.strip('"')
    if "ObjectRemoved" not in event_name:
        thing["size"] = key.size
    if bucket.is_versioned:
        thing["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": thing,
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
        **_REASONS.get(event_name, {}),
    }
    kind = notifications._detail_type(event_name)
    events.emit((account_id, bucket.region_name), "aws.s3", kind, [bucket.arn], detail)


@PATCHES.replace(FakeBucket, "get_permission", "7571412a3495")
def _get_permission(_: Any, self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Evaluates the bucket policy for the root user, to whom it applies too; moto ignores conditions."""
    if not self.policy:
        return PermissionResult.NEUTRAL
    return _PERMISSIONS.get(resource_decision(action, resource).outcome, PermissionResult.NEUTRAL)


@PATCHES.add(FakeDeleteMarker, "dispose")
def _dispose(self: FakeDeleteMarker) -> None:
    """Does nothing, as a marker has no content; without this method, a versioned bucket cannot be emptied."""


@PATCHES.replace(S3Backend, "delete_object", "5c1677b52971")
def _delete_object(stock: Any, self: S3Backend, bucket_name: str, key_name: str, *options: Any, **named: Any) -> Any:
    """Emits events for delete markers, which moto does not; moto creates no marker if there is no object."""
    answer = stock(self, bucket_name, key_name, *options, **named)
    bucket = self.get_bucket(bucket_name)
    versioned = bucket.is_versioned and not (options[:1] and options[0]) and not named.get("version_id")
    configuration = bucket.notification_configuration
    versions = bucket.keys.getlist(key_name, [])
    if versioned and versions and configuration is not None and configuration.event_bridge is not None:
        notifications._send_event_bridge_message(
            self.account_id, bucket, Event.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT, versions[-1]
        )
    return answer


@PATCHES.replace(S3Backend, "complete_multipart_upload", "f16c9a08e5db")
def _complete_multipart_upload(stock: Any, self: S3Backend, *arguments: Any, **named: Any) -> Any:
    with _suppressed(Event.OBJECT_CREATED_PUT_EVENT, Event.OBJECT_TAGGING_PUT_EVENT):
        return stock(self, *arguments, **named)


@PATCHES.replace(S3Response, "put_object", "992229be920b")
def _put_object(stock: Any, self: S3Response) -> Any:
    with _suppressed(Event.OBJECT_TAGGING_PUT_EVENT):
        return stock(self)


@PATCHES.replace(S3Response, "copy_object", "79d1ef627994")
def _copy_object(stock: Any, self: S3Response) -> Any:
    with _suppressed(Event.OBJECT_TAGGING_PUT_EVENT):
        return stock(self)


@PATCHES.replace(S3Response, "get_bucket_notification", "82884034c165")
def _get_bucket_notification(stock: Any, self: S3Response) -> Any:
    """Returns the EventBridge configuration, which moto stores but does not return."""
    configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if configuration is None or configuration.event_bridge is None:
        return stock(self)
    serialized = self.serialized

    def with_event_bridge(result: Any) -> Any:
        return serialized(ActionResult({**result.result, "EventBridgeConfiguration": {}}))

    self.serialized = with_event_bridge  # type: ignore[method-assign,assignment]
    return stock(self)


@PATCHES.replace(S3Response, "_bucket_response_get", "e8c785eb6cbf")
def _bucket_response_get(stock: Any, self: S3Response, bucket_name: str, querystring: dict[str, Any]) -> Any:
    if "intelligent-tiering" not in querystring:
        return stock(self, bucket_name, _reject_unknown(querystring))
    held = _tiering(self, "GET", querystring)
    if "id" not in querystring:
        return 200, {}, _LIST.format("".join(held.values()))
    return (200, {}, held[_id(querystring)]) if _id(querystring) in held else _NOT_FOUND


@PATCHES.replace(S3Response, "_bucket_response_put", "5fa2acfbf268")
def _bucket_response_put(
    stock: Any, self: S3Response, request: Any, bucket_name: str, querystring: dict[str, Any]
) -> Any:
    if "intelligent-tiering" not in querystring:
        return stock(self, request, bucket_name, _reject_unknown(querystring))
    sent = re.sub(r"^<\?xml.*?\?>\s*", "", self.body.decode())
    _tiering(self, "PUT", querystring)[_id(querystring)] = sent
    return 200, {}, ""


@PATCHES.replace(S3Response, "_bucket_response_delete", "068da6315fbd")
def _bucket_response_delete(stock: Any, self: S3Response, bucket_name: str, querystring: dict[str, Any]) -> Any:
    if "intelligent-tiering" not in querystring:
        return stock(self, bucket_name, _reject_unknown(querystring))
    held = _tiering(self, "DELETE", querystring)
    return (204, {}, "") if held.pop(_id(querystring), None) else _NOT_FOUND


_request = threading.local()

_PERMISSIONS = {
    Outcome.ALLOWED: PermissionResult.PERMITTED,
    Outcome.DENIED_BY_RESOURCE_POLICY: PermissionResult.DENIED,
}

_REASONS: dict[str, dict[str, str]] = {
    Event.OBJECT_CREATED_PUT_EVENT: {"reason": "PutObject"},
    Event.OBJECT_CREATED_POST_EVENT: {"reason": "POST Object"},
    Event.OBJECT_CREATED_COPY_EVENT: {"reason": "CopyObject"},
    Event.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT: {"reason": "CompleteMultipartUpload"},
    Event.OBJECT_REMOVED_DELETE_EVENT: {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"},
    Event.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT: {
        "reason": "DeleteObject",
        "deletion-type": "Delete Marker Created",
    },
}

_UNKNOWN = ("analytics", "metadataConfiguration", "metadataTable", "metrics", "requestPayment")
"""Configurations whose requests moto would execute on the bucket itself: list, create or delete it."""

_NOT_FOUND: tuple[int, dict[str, str], str] = (
    404,
    {},
    "<Error><Code>NoSuchConfiguration</Code><Message>The specified configuration does not exist.</Message></Error>",
)

_LIST = (
    '<ListBucketIntelligentTieringConfigurationsOutput xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<IsTruncated>false</IsTruncated>{}</ListBucketIntelligentTieringConfigurationsOutput>"
)


@contextmanager
def _suppressed(*names: Event) -> Iterator[None]:
    """Suppresses events: moto emits one for each step of an upload, AWS one for the upload."""
    _request.suppressed = names
    try:
        yield
    finally:
        _request.suppressed = ()


def _reject_unknown(querystring: dict[str, Any]) -> dict[str, Any]:
    for name in _UNKNOWN:
        if name in querystring:
            raise NotImplementedError(f"The {name} configuration of a bucket is not implemented")
    return querystring


def _tiering(request: S3Response, method: str, querystring: dict[str, Any]) -> dict[str, str]:
    """Returns the bucket's configurations as XML, by ID."""
    request._set_action("BUCKET", method, querystring)
    request._authenticate_and_authorize_s3_action(bucket_name=request.bucket_name)
    held: dict[str, str] = vars(request.backend.get_bucket(request.bucket_name)).setdefault("intelligent_tiering", {})
    return held


def _id(querystring: dict[str, Any]) -> str:
    return str(querystring["id"][0])
