from __future__ import annotations

import pytest
from pyiceberg.manifest import ManifestContent, ManifestFile

from datalake_sdk.engine.maintenance_policy import MAINTAINED_VERSION_PROPERTY, MaintenancePolicy, starts_automatically
from datalake_sdk.engine.replace import mergeable_manifests
from test.behavior.lake import Lake


@pytest.mark.parametrize(
    ("files", "maintained", "starts"), [(10_000, False, True), (10_001, False, False), (10_001, True, True)]
)
def test_the_first_maintenance_of_a_large_table_does_not_delay_a_write(tmp_path, files, maintained, starts):
    lake = Lake(tmp_path)
    lake.ingest([{"id": 1}])
    if maintained:
        lake.configure({MAINTAINED_VERSION_PROPERTY: "0"})
    metadata = lake.iceberg().metadata
    metadata.current_snapshot().summary.additional_properties["total-data-files"] = str(files)
    policy = MaintenancePolicy.of("sales.orders", metadata.properties)
    assert starts_automatically(policy, "sales.orders", metadata) == starts


def manifest(megabytes: float, files: int) -> ManifestFile:
    return ManifestFile.from_args(
        manifest_path=f"{megabytes}-{files}",
        manifest_length=int(megabytes * (1 << 20)),
        partition_spec_id=0,
        content=ManifestContent.DATA,
        added_files_count=0,
        existing_files_count=files,
    )


def test_merged_manifests_are_not_merged_again_with_new_small_ones():
    small = [manifest(0.1, number) for number in range(1, 4)]
    assert mergeable_manifests([manifest(6, 100), manifest(1, 20_000), *small], 2) == [small]
