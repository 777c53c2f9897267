"""ECR: folders are pushed in place of container images, by the tests' fake container engine; immutable tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Image, ecr_backends

from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT
from test.emulator.processes import add_image

PATCHES = ServicePatches("ecr")

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIGURATION = "application/vnd.oci.image.config.v1+json"


class ImageTagAlreadyExists(ServiceException):
    code = "ImageTagAlreadyExistsException"


@PATCHES.replace(ECRBackend, "put_image", "165dddaf9828")
def _put_image(
    stock: Callable[..., Image],
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str,
    *arguments: Any,
) -> Image:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html."""
    repository = self.repositories.get(repository_name)
    if repository is None:
        raise RepositoryNotFoundException(repository_name, self.account_id)
    tagged = [image for image in repository.images if image_tag in image.image_tags]
    is_immutable = repository.image_tag_mutability == "IMMUTABLE"
    if is_immutable and any(image.image_manifest != image_manifest for image in tagged):
        raise ImageTagAlreadyExists(
            f"The image tag '{image_tag}' already exists in the '{repository_name}' repository and cannot be "
            "overwritten because the tag is immutable."
        )
    return stock(self, repository_name, image_manifest, image_tag, *arguments)


@PATCHES.command
def push_image(name: str, folder: str, **more: Any) -> None:
    """Puts an image into its repository and registers the folder that replaces it.

    Args:
        name: Registry, repository and tag, for example `123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1`.
        folder: See `add_image`.
        more: Further arguments of `add_image`.
    """
    backend, repository, tag = _parts(name)
    digest = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    configuration = {"mediaType": _CONFIGURATION, "digest": digest, "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": configuration, "layers": []}
    backend.put_image(repository, json.dumps(manifest), tag)
    add_image(name, folder, **more)


@PATCHES.command
def has_image(name: str) -> bool:
    """Returns whether an image is in its repository."""
    backend, repository, tag = _parts(name)
    held = backend.repositories.get(repository)
    return held is not None and any(tag in image.image_tags for image in held.images)


def _parts(name: str) -> tuple[ECRBackend, str, str]:
    registry, _, path = name.partition("/")
    repository, _, tag = path.rpartition(":")
    return ecr_backends[ACCOUNT][registry.split(".")[3]], repository, tag
