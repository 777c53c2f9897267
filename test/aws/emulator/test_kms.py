"""Deletion of keys."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("field", ["KeyId", "Arn"])
def test_a_key_is_scheduled_for_deletion_by_id_or_arn(aws, field):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key[field], PendingWindowInDays=7)
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
