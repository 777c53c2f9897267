from __future__ import annotations

import os
import zipfile

import pytest

from datalake_sdk.datalfred_agent.folder import READ_BYTES, Folder, content_hash, last_change
from datalake_sdk.errors import ExistingFileError, FolderFileError, MissingFolderError


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "project"
    (root / "code").mkdir(parents=True)
    (root / "code" / "main.py").write_text("pass\n")
    (root / ".env").write_text("TOKEN=secret")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outside").symlink_to(tmp_path)
    (root / "hidden.txt").symlink_to(root / ".env")
    (root / "inside.py").symlink_to(root / "code" / "main.py")
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe")
    return Folder.at(root)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "code/../../secret.txt",
        "link.txt",
        "outside/secret.txt",
        "hidden.txt",
        ".env",
        ".git/config",
        "/etc/passwd",
        "/proc/self/environ",
        "pipe",
        "code",
        "",
        "missing.py",
        "loop",
        "a" * 300,
    ],
)
def test_other_files_cannot_be_read(folder, name):
    with pytest.raises(FolderFileError) as caught:
        folder.read(name)
    assert "secret" not in str(caught.value).replace(name, "")


def test_files_in_the_folder_are_read_and_links_within_it_are_followed(folder):
    assert folder.read("code/main.py") == folder.read("inside.py") == ("pass\n", 5)


def test_only_regular_visible_files_are_listed(folder):
    assert list(folder.files()) == [("code/main.py", 5)]


def test_only_the_start_of_a_large_file_is_read(folder):
    (folder.root / "large.log").write_text("x" * READ_BYTES + "the end")
    assert folder.read("large.log") == ("x" * READ_BYTES, READ_BYTES + 7)


def test_a_binary_file_is_text_with_replacements(folder):
    with zipfile.ZipFile(folder.root / "a.zip", "w") as archive:
        archive.writestr("a", b"\xff" * 10)
    assert folder.read("a.zip")[0].startswith("PK")


def test_a_file_is_never_replaced(folder, tmp_path):
    assert folder.create("new.svg", b"<svg/>").read_text() == "<svg/>"
    with pytest.raises(ExistingFileError, match=r"file 'new\.svg' already exists"):
        folder.create("new.svg", b"other")
    (folder.root / "dangling.svg").symlink_to(tmp_path / "target.svg")
    with pytest.raises(ExistingFileError):
        folder.create("dangling.svg", b"other")
    assert not (tmp_path / "target.svg").exists()


def test_a_folder_that_does_not_exist_is_reported(tmp_path):
    with pytest.raises(MissingFolderError, match="--folder '.*missing' is not a folder"):
        Folder.at(tmp_path / "missing")


def test_large_files_have_no_hash(folder, tmp_path):
    assert content_hash([folder.root / "code"]) != content_hash([folder.root / ".git"])
    os.truncate(tmp_path / "secret.txt", 65 << 20)
    assert content_hash([tmp_path / "secret.txt"]) is None


def test_files_that_are_removed_meanwhile_do_not_fail_a_version(tmp_path):
    removed, kept = tmp_path / "removed.py", tmp_path / "kept.py"
    for file in (removed, kept):
        file.write_text("", encoding="utf-8")

    def paths():
        yield removed
        removed.unlink()
        yield kept

    assert content_hash(paths()) is None
    assert last_change(removed) < last_change(kept)
