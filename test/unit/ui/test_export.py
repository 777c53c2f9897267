from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.errors import ExportFolderError
from datalake_sdk.ui.export import export
from datalake_sdk.ui.page import StaticLinks, page_file
from datalake_sdk.ui.site import Site


class _References(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, _tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src", "action")]


@pytest.fixture(scope="module")
def site(platform, failed_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "site"
    return folder, export(Site(platform), folder)


def test_every_reference_leads_to_a_file_of_the_site(site):
    folder, result = site
    files = list(folder.rglob("*.html"))
    assert len(files) == result.pages
    for file in files:
        for reference in _References(file.read_text(encoding="utf-8")).found:
            parts = urlsplit(reference)
            assert (parts.scheme, parts.netloc, reference[:1] == "/") == ("", "", False)
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            assert target.is_file(), f"{file}: {reference}"
            assert target.is_relative_to(folder.resolve())


def test_no_page_of_the_site_failed(site):
    assert site[1].failed == {}


def test_rows_are_not_exported(site):
    assert not [file for file in site[0].rglob("*.html") if "Ada" in file.read_text(encoding="utf-8")]


def test_static_pages_have_a_content_security_policy(site):
    assert "default-src &#39;none&#39;" in (site[0] / "index.html").read_text(encoding="utf-8")


def test_an_earlier_export_is_replaced(platform, tmp_path):
    folder = tmp_path / "site"
    export(Site(platform), folder)
    (folder / "tables" / "gone.html").touch()
    export(Site(platform), folder)
    assert not (folder / "tables" / "gone.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_page_that_no_longer_exists_is_reported(platform, tmp_path):
    class Shrinking(Site):
        def page(self, path, query):
            return None if path == ("databases", "crm") else super().page(path, query)

    failed = export(Shrinking(platform), tmp_path / "site").failed
    assert failed == {"databases/crm": "There is no such page"}
    assert "There is no such page" in (tmp_path / "site/databases/crm.html").read_text(encoding="utf-8")


def test_the_current_folder_can_be_exported_to(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export(Site(platform), Path())
    assert (tmp_path / "index.html").is_file()


def test_a_folder_with_other_files_is_kept(platform, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ExportFolderError, match="which contains other files"):
        export(Site(platform), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["../../etc/passwd.x", "a b.c", "%2e%2e.x", "é.ü", "a?b.c#d"])
def test_the_file_of_a_table_is_in_the_folder_and_found_by_its_reference(name):
    file = page_file(("tables", name))
    assert Path(file).parent == Path("tables")
    assert unquote(StaticLinks(("runs", "page", "2"), ()).to("tables", name)) == f"../../{file}"


def test_files_of_tables_with_long_names_have_valid_names(tmp_path):
    names = [f"shop.{character * 120}" for character in "名前"]
    files = {page_file((*path, "files")) for path in [("tables", name) for name in names]}
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    assert len(files) == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--host", "0.0.0.0"), "--host is '0.0.0.0', which other machines can reach, and no --token is set"),
        (("--token", "two words"), "--token must consist of"),
        (("--port", "70000"), "70000"),
        (("--host", "no-such-host.invalid", "--token", "t"), "--host is 'no-such-host.invalid', which"),
    ],
)
def test_invalid_options_are_refused(tmp_path, options, error):
    failed = CliRunner().invoke(cli, ["--local", str(tmp_path / "lake"), "ui", *options])
    assert (failed.exit_code, error in failed.stderr) == (2, True)


def test_the_export_is_reported(platform, tmp_path):
    local = ["--local", str(platform.environment.local_root)]
    shown = CliRunner().invoke(cli, [*local, "ui", "--export", str(tmp_path / "site"), "--json"])
    assert (shown.exit_code, '"failed": {}' in shown.stdout) == (0, True)
