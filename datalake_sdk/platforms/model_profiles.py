"""Interface of a platform's model profiles, the inference profiles of a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ModelProfile:
    """An inference profile of a domain.

    Args:
        name: Name of the profile, for example `shop_sales_dev_small`.
        identifier: ARN with which the model is called.
        models: ARNs of its foundation models.
    """

    name: str
    identifier: str
    models: tuple[str, ...]


class ModelProfiles(Protocol):
    """Inference profiles of an environment."""

    def find(self, size: str) -> ModelProfile:
        """Returns the profile of a model size: small, medium or large.

        Raises:
            NoSuchModelProfileError: The domain has no such profile.
        """
