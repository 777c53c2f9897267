"""Application inference profiles of a domain, found by name: their ARNs contain random ids."""

from __future__ import annotations

from datalake_sdk import naming
from datalake_sdk.errors import NoSuchModelProfileError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.model_profiles import ModelProfile


class BedrockProfiles:
    """Finds the profiles that `domain_factory` creates.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def find(self, size: str) -> ModelProfile:
        name = naming.model_profile_name(self._environment, size)
        profiles = {profile.name: profile for profile in self._profiles()}
        if name not in profiles:
            own = [naming.model_profile_name(self._environment, each) for each in naming.MODEL_SIZES]
            raise NoSuchModelProfileError(name, self._session.region, [each for each in own if each in profiles])
        return profiles[name]

    def _profiles(self) -> list[ModelProfile]:
        with aws_errors():
            pages = self._session.client("bedrock").get_paginator("list_inference_profiles")
            found = [
                profile
                for page in pages.paginate(typeEquals="APPLICATION")
                for profile in page["inferenceProfileSummaries"]
            ]
        return [
            ModelProfile(
                profile["inferenceProfileName"],
                profile["inferenceProfileArn"],
                tuple(model["modelArn"] for model in profile["models"]),
            )
            for profile in found
        ]
