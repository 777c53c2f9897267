from __future__ import annotations

from dataclasses import dataclass

import pytest

from datalake_sdk.engine.metadata_files import find_current_metadata
from datalake_sdk.errors import NoMetadataError, UnreadableMetadataError


@dataclass(frozen=True)
class StoredFile:
    location: str
    modified_ms: float = 0


def find(tmp_path, *names):
    return find_current_metadata("orders", [StoredFile(f"file://{tmp_path}/{name}") for name in names], {})


@pytest.mark.parametrize(
    "name", ["00003-4e5f.metadata.json", "00003-4e5f.gz.metadata.json", "v3.metadata.json", "v3.gz.metadata.json"]
)
def test_names_of_all_engines_are_metadata_files(tmp_path, name):
    with pytest.raises(UnreadableMetadataError, match=name):
        find(tmp_path, name)


@pytest.mark.parametrize("name", ["snap-3.avro", "version-hint.text", "x.metadata.json", "3.metadata.json.crc"])
def test_other_files_are_not_metadata_files(tmp_path, name):
    with pytest.raises(NoMetadataError):
        find(tmp_path, name)


def test_versions_are_compared_as_numbers(tmp_path):
    files = [StoredFile(f"file://{tmp_path}/v{number}.metadata.json", modified_ms=number) for number in (9, 10)]
    with pytest.raises(UnreadableMetadataError, match="v10"):
        find_current_metadata("orders", files, {})
