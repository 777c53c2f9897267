from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest

from datalake_sdk.engine.metadata_files import find_current_metadata, read_metadata
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a":', "Invalid JSON"),
        (b'{"format-version": 2}', "location: Field required"),
        (b"\xff", "utf-8"),
    ],
)
def test_the_reason_names_the_problem_of_a_damaged_file(tmp_path, content, reason):
    file = tmp_path / "00001-a.metadata.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableMetadataError, match=reason):
        read_metadata(f"file://{file}", {})


_COMPRESSED = gzip.compress(b'{"format-version": 2, "location": "file:///lake/sales/orders"}')


@pytest.mark.parametrize(
    "content", [b"{}", _COMPRESSED[:20], _COMPRESSED[:12] + b"\xff" * 20], ids=["plain", "cut", "damaged"]
)
def test_a_damaged_compressed_file_is_unreadable(tmp_path, content):
    file = tmp_path / "00001-a.gz.metadata.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableMetadataError, match="00001-a.gz.metadata.json"):
        read_metadata(f"file://{file}", {})


def test_a_folder_is_unreadable(tmp_path):
    folder = tmp_path / "00001-a.metadata.json"
    folder.mkdir()
    with pytest.raises(UnreadableMetadataError, match="is a directory"):
        read_metadata(f"file://{folder}", {})


def test_versions_are_compared_as_numbers(tmp_path):
    files = [StoredFile(f"file://{tmp_path}/v{number}.metadata.json", modified_ms=number) for number in (9, 10)]
    with pytest.raises(UnreadableMetadataError, match="v10"):
        find_current_metadata("orders", files, {})
