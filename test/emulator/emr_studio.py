"""EMR Studio, which moto does not implement: creates, updates, tags, describes and deletes studios."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.emr.exceptions import InvalidRequestException
from moto.emr.models import ElasticMapReduceBackend
from moto.emr.responses import ElasticMapReduceResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("emr_studio")

Studio = dict[str, Any]


@PATCHES.replace(ElasticMapReduceResponse, "get_region_from_url", "37646a3bba00")
def _region(stock: Callable[..., str], self: ElasticMapReduceResponse, request: Any, full_url: str) -> str:
    """Returns the region of the signature, since the emulator's endpoint has none."""
    return str(BaseResponse.get_region_from_url(self, request, full_url))


@PATCHES.add(ElasticMapReduceResponse, "create_studio")
def _create_studio(self: ElasticMapReduceResponse) -> ActionResult:
    """https://docs.aws.amazon.com/emr/latest/APIReference/API_CreateStudio.html."""
    studio_id = f"es-{uuid.uuid4().hex[:25].upper()}"
    studio = _studios(self.backend)[studio_id] = {
        "Tags": [],
        **self.params.original_dict(),
        "StudioId": studio_id,
        "StudioArn": f"arn:aws:elasticmapreduce:{self.region}:{self.current_account}:studio/{studio_id}",
        "Url": f"https://{studio_id}.emrstudio-prod.{self.region}.amazonaws.com",
        "CreationTime": datetime.datetime.now(datetime.UTC),
    }
    return ActionResult({"StudioId": studio_id, "Url": studio["Url"]})


@PATCHES.add(ElasticMapReduceResponse, "describe_studio")
def _describe_studio(self: ElasticMapReduceResponse) -> ActionResult:
    return ActionResult({"Studio": _studio(self)})


@PATCHES.add(ElasticMapReduceResponse, "update_studio")
def _update_studio(self: ElasticMapReduceResponse) -> ActionResult:
    _studio(self).update(self.params.original_dict())
    return EmptyResult()


@PATCHES.add(ElasticMapReduceResponse, "delete_studio")
def _delete_studio(self: ElasticMapReduceResponse) -> ActionResult:
    del _studios(self.backend)[_studio(self)["StudioId"]]
    return EmptyResult()


@PATCHES.add(ElasticMapReduceResponse, "list_studios")
def _list_studios(self: ElasticMapReduceResponse) -> ActionResult:
    return ActionResult({"Studios": list(_studios(self.backend).values())})


@PATCHES.replace(ElasticMapReduceBackend, "add_tags", "94dec3f6bc7c")
def _add_tags(stock: Callable[..., None], self: ElasticMapReduceBackend, resource: str, tags: dict[str, str]) -> None:
    if resource not in _studios(self):
        stock(self, resource, tags)
        return
    _remove_tags(stock, self, resource, list(tags))
    _studios(self)[resource]["Tags"] += [{"Key": key, "Value": value} for key, value in tags.items()]


@PATCHES.replace(ElasticMapReduceBackend, "remove_tags", "c29f5c9d51ee")
def _remove_tags(stock: Callable[..., None], self: ElasticMapReduceBackend, resource: str, keys: list[str]) -> None:
    if resource not in _studios(self):
        stock(self, resource, keys)
        return
    studio = _studios(self)[resource]
    studio["Tags"] = [tag for tag in studio["Tags"] if tag["Key"] not in keys]


def _studio(request: ElasticMapReduceResponse) -> Studio:
    studio_id = request._get_param("StudioId")
    if studio_id not in _studios(request.backend):
        raise InvalidRequestException("Studio does not exist.")
    return _studios(request.backend)[studio_id]


def _studios(backend: ElasticMapReduceBackend) -> dict[str, Studio]:
    studios: dict[str, Studio] = vars(backend).setdefault("studios", {})
    return studios
