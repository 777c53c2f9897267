"""Bedrock's application inference profiles, which moto does not implement."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.bedrock.exceptions import ResourceNotFoundException
from moto.bedrock.models import BedrockBackend
from moto.bedrock.responses import BedrockResponse
from moto.core.responses import ActionResult, EmptyResult

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("bedrock")

Profile = dict[str, Any]


@PATCHES.add(BedrockResponse, "create_inference_profile")
def _create_inference_profile(self: BedrockResponse) -> ActionResult:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateInferenceProfile.html."""
    given = json.loads(self.body)
    profile_id, now = uuid.uuid4().hex[:12], datetime.datetime.now(datetime.UTC)
    arn = f"arn:aws:bedrock:{self.region}:{self.current_account}:application-inference-profile/{profile_id}"
    _profiles(self.bedrock_backend)[profile_id] = {
        "inferenceProfileName": given["inferenceProfileName"],
        "inferenceProfileArn": arn,
        "inferenceProfileId": profile_id,
        "description": given.get("description"),
        "models": [{"modelArn": given["modelSource"]["copyFrom"]}],
        "status": "ACTIVE",
        "type": "APPLICATION",
        "createdAt": now,
        "updatedAt": now,
    }
    self.bedrock_backend.tag_resource(arn, given.get("tags") or [])
    return ActionResult({"inferenceProfileArn": arn, "status": "ACTIVE"})


@PATCHES.add(BedrockResponse, "get_inference_profile")
def _get_inference_profile(self: BedrockResponse) -> ActionResult:
    return ActionResult(_profile(self))


@PATCHES.add(BedrockResponse, "delete_inference_profile")
def _delete_inference_profile(self: BedrockResponse) -> ActionResult:
    del _profiles(self.bedrock_backend)[_profile(self)["inferenceProfileId"]]
    return EmptyResult()


@PATCHES.add(BedrockResponse, "list_inference_profiles")
def _list_inference_profiles(self: BedrockResponse) -> ActionResult:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html."""
    kind = self._get_param("type")
    profiles = [profile for profile in _profiles(self.bedrock_backend).values() if kind in (None, profile["type"])]
    return ActionResult({"inferenceProfileSummaries": profiles})


@PATCHES.replace(BedrockBackend, "_list_arns", "4c54c73e5086")
def _list_arns(stock: Callable[..., list[str]], self: BedrockBackend) -> list[str]:
    """Returns the ARNs of all taggable resources."""
    return [*stock(self), *(profile["inferenceProfileArn"] for profile in _profiles(self).values())]


def _profile(request: BedrockResponse) -> Profile:
    identifier = unquote(request.path.partition("/inference-profiles/")[2])
    profile = _profiles(request.bedrock_backend).get(identifier.rpartition("/")[2])
    if profile is None:
        raise ResourceNotFoundException(f"Inference profile {identifier} not found")
    return profile


def _profiles(backend: BedrockBackend) -> dict[str, Profile]:
    profiles: dict[str, Profile] = vars(backend).setdefault("inference_profiles", {})
    return profiles
