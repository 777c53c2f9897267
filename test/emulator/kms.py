"""KMS: keys are scheduled for deletion by ID or by ARN."""

from __future__ import annotations

from collections.abc import Callable

from moto.kms.models import KmsBackend

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("kms")


@PATCHES.replace(KmsBackend, "schedule_key_deletion", "1b7e09ff9b72")
def _schedule_key_deletion(stock: Callable[..., float], self: KmsBackend, key_id: str, days: int) -> float:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html."""
    return stock(self, self.get_key_id(key_id), days)
