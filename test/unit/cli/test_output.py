from __future__ import annotations

from pathlib import Path

import click
import pytest

from datalake_sdk.cli.output import output_stream


def test_a_file_is_created_only_when_it_is_complete(tmp_path: Path):
    path = tmp_path / "rows.csv"
    with output_stream(path) as stream:
        stream.write(b"a\n")
        assert not path.exists()
    assert path.read_bytes() == b"a\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_write_keeps_the_old_file(tmp_path: Path, error: type[BaseException]):
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(error), output_stream(path) as stream:
        stream.write(b"new")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_invalid_option(tmp_path: Path):
    with pytest.raises(click.BadParameter, match="No such file or directory"), output_stream(tmp_path / "no" / "rows"):
        pass


def test_a_new_file_has_the_default_permissions(tmp_path: Path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    with output_stream(tmp_path / "rows.csv") as stream:
        stream.write(b"a\n")
    assert (tmp_path / "rows.csv").stat().st_mode == ordinary.stat().st_mode


def test_a_special_file_is_written_in_place():
    with output_stream(Path("/dev/null")) as stream:
        stream.write(b"a\n")
    assert Path("/dev/null").is_char_device()


def test_a_symbolic_link_is_kept(tmp_path: Path):
    file, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    link.symlink_to(file)
    with output_stream(link) as stream:
        stream.write(b"a\n")
    assert link.is_symlink()
    assert file.read_bytes() == b"a\n"
