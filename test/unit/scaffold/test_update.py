from __future__ import annotations

import json

import pytest


@pytest.fixture
def older(shop, git):
    """`older(path, new, old)`: changes the repository to one whose template had `old` instead of `new` in a file."""

    def older(path, new, old):
        file, record = shop / path, shop / ".scaffold.json"
        text = file.read_text()
        assert new in text
        file.write_text(text.replace(new, old))
        fields = json.loads(record.read_text())
        fields["files"][path] = file.read_text().splitlines(keepends=True)
        record.write_text(json.dumps({**fields, "version": "0.0.1"}))
        commit()

    def commit():
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", "change")

    older.commit = commit
    return older


def test_edits_are_kept_and_other_lines_are_updated(init, shop, older):
    older("Makefile", "pytest -q shared", "pytest shared")
    with (shop / "Makefile").open("a") as makefile:
        makefile.write("\nmine:\n\techo mine\n")
    older.commit()
    result = init("--update")
    assert result.exit_code == 0, result.output
    assert "updated  Makefile" in result.output
    text = (shop / "Makefile").read_text()
    assert ("pytest -q shared" in text, text.endswith("\nmine:\n\techo mine\n")) == (True, True)
    older.commit()
    assert init("--update").output.splitlines()[1:] == []


def test_conflicts_are_marked_and_reported(init, shop, older):
    older("Makefile", "pytest -q shared", "pytest shared")
    (shop / "Makefile").write_text((shop / "Makefile").read_text().replace("pytest shared", "pytest --verbose shared"))
    older("README.md", "## Contents", "## Folders")
    result = init("--update")
    assert (result.exit_code, "Error: conflicts in Makefile" in result.output) == (1, True), result.output
    marked = (shop / "Makefile").read_text()
    assert marked.index("<<<<<<< yours") < marked.index("--verbose") < marked.index(">>>>>>> template")
    assert "## Contents" in (shop / "README.md").read_text()


def test_edits_of_a_file_that_git_considers_binary_are_kept(init, shop, older):
    older("Makefile", "pytest -q shared", "pytest shared")
    edited = (shop / "Makefile").read_text().replace("pytest shared", "pytest shared # mine\0")
    (shop / "Makefile").write_text(edited)
    older.commit()
    assert "conflict  Makefile" in init("--update").output
    marked = (shop / "Makefile").read_text()
    assert marked.index("<<<<<<< yours") < marked.index("mine\0") < marked.index("pytest -q shared")


def test_bytes_that_are_not_utf_8_are_kept(init, shop, older):
    older("Makefile", "pytest -q shared", "pytest shared")
    with (shop / "Makefile").open("ab") as makefile:
        makefile.write(b"# R\xe9sum\xe9\n")
    older.commit()
    result = init("--update")
    assert result.exit_code == 0, result.output
    content = (shop / "Makefile").read_bytes()
    assert (b"pytest -q shared" in content, content.endswith(b"\n# R\xe9sum\xe9\n")) == (True, True)


def test_files_that_the_user_deleted_remain_deleted(init, shop, older):
    older("README.md", "## Contents", "## Folders")
    (shop / "README.md").unlink()
    older.commit()
    assert init("--update").exit_code == 0
    assert not (shop / "README.md").exists()


def test_files_appear_and_disappear_with_the_template(init, shop, older):
    older("README.md", "## Contents", "## Folders")
    result = init("--update", "--data", "ci=github")
    assert result.exit_code == 0, result.output
    assert not (shop / ".gitlab-ci.yml").exists()
    older.commit()
    assert init("--update", "--data", "ci=both").exit_code == 0
    assert (shop / ".gitlab-ci.yml").is_file()


def test_recorded_answers_are_kept_also_to_questions_that_no_longer_exist(init, shop, older):
    older("terraform/terraform.tf", '"eu-west-1"', '"eu-west-3"')
    fields = json.loads((shop / ".scaffold.json").read_text())
    answers = {**fields["answers"], "region": "eu-west-3", "removed_question": "yes"}
    (shop / ".scaffold.json").write_text(json.dumps({**fields, "answers": answers}))
    older.commit()
    result = init("--update")
    assert result.exit_code == 0, result.output
    assert "terraform/terraform.tf" not in result.output
    assert "removed_question" not in json.loads((shop / ".scaffold.json").read_text())["answers"]


def test_uncommitted_changes_are_an_error(init, shop, older):
    older("README.md", "## Contents", "## Folders")
    (shop / "notes.txt").write_text("mine")
    result = init("--update")
    assert (result.exit_code, "has uncommitted changes" in result.output) == (2, True)
    assert "## Folders" in (shop / "README.md").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is invalid: JSONDecodeError"),
        ('{"version": "1"}', "is invalid: KeyError"),
        ('{"version": "99.0.0", "folder_name": "shop", "answers": {}, "files": {}}', "is of version 99.0.0 of the SDK"),
    ],
)
def test_a_record_that_cannot_be_used_is_an_error(init, shop, git, text, message):
    (shop / ".scaffold.json").write_text(text)
    result = init("--update")
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_a_repository_without_git_is_an_error(init, shop):
    result = init("--update")
    assert (result.exit_code, "is not in a Git repository" in result.output) == (2, True)
