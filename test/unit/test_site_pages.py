"""Pages of the documentation site: links, anchors and navigation."""

from __future__ import annotations

import pytest
import yaml

from doc_resources.site import navigation, write_sources
from doc_resources.site_pages import Repository, copy_pages, decisions, site_page

SOURCE = "https://git.example.com/shop/platform/-/blob/main"


@pytest.fixture
def repository(tmp_path):
    for name in ("README.md", "guides/write.md", "modules/network/README.md", "doc_resources/adr/0001-first.md"):
        page = tmp_path / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# Title of {name}\n")
    (tmp_path / "guides/drawing.svg").write_text("<svg/>")
    (tmp_path / "main.tf").write_text("")
    return Repository(tmp_path, SOURCE, frozenset(tmp_path.rglob("*.md")))


def written(repository, text):
    return site_page(text, repository.folder / "guides/write.md", repository)


@pytest.mark.parametrize(
    ("target", "on_the_site"),
    [
        ("../README.md#limits", "../README.md#limits"),
        ("#anchor", "#anchor"),
        ("https://example.com", "https://example.com"),
        ("drawing.svg", "drawing.svg"),
        ("../modules/network", "../modules/network/README.md"),
        ("../modules/network#inputs", "../modules/network/README.md#inputs"),
        ("../doc_resources/adr", "../doc_resources/adr/index.md"),
        ("../modules", f"{SOURCE}/modules"),
        ("../main.tf#L3", f"{SOURCE}/main.tf#L3"),
    ],
)
def test_links_lead_to_pages_of_the_site_or_to_the_source(repository, target, on_the_site):
    assert written(repository, f"See [`it`]({target}).\n") == f"See [`it`]({on_the_site}).\n"


def test_a_link_to_a_missing_file_is_an_error(repository):
    with pytest.raises(ValueError, match="guides/write.md: the link ../gone.tf leads to no file"):
        written(repository, "[it](../gone.tf)\n")


def test_code_is_not_changed(repository):
    code = "```sh\n# not a heading\n[link](../main.tf)\n<!-- kept -->\n```\n\n`[link](../main.tf)`\n"
    assert written(repository, code) == code


def test_headings_have_the_anchors_of_github(repository):
    text = "# Two words, of `code`\n\n## Same\n\n## Same\n"
    assert written(repository, text) == (
        "# Two words, of `code` {#two-words-of-code}\n\n## Same {#same}\n\n## Same {#same-1}\n"
    )


def test_comments_are_removed(repository):
    assert written(repository, "<!-- before:\nexport A=1 -->\n```sh\nls\n```\n") == "```sh\nls\n```\n"


def test_pages_are_copied_with_their_images_and_a_list_of_decisions(repository, tmp_path_factory):
    (repository.folder / "README.md").write_text("![drawing](guides/drawing.svg)\n")
    copies = tmp_path_factory.mktemp("copies")
    copy_pages(repository, copies)
    assert {str(file.relative_to(copies)) for file in copies.rglob("*.*")} == {
        "README.md",
        "guides/write.md",
        "guides/drawing.svg",
        "modules/network/README.md",
        "doc_resources/adr/0001-first.md",
        "doc_resources/adr/index.md",
    }


def test_decisions_are_listed_with_their_titles(repository):
    line = "- [Title of doc_resources/adr/0001-first.md](0001-first.md)"
    assert decisions(repository.pages) == f"# Decisions\n\n{line}\n"


def test_patterns_of_the_navigation_stand_for_pages_in_order(repository):
    entries = [{"Overview": "README.md"}, {"Guides": ["guides/*.md", {"More": ["**/adr/*.md", "modules/**/*.md"]}]}]
    assert navigation(entries, repository.folder) == [
        {"Overview": "README.md"},
        {"Guides": ["guides/write.md", {"More": ["doc_resources/adr/0001-first.md", "modules/network/README.md"]}]},
    ]


def test_the_navigation_contains_every_page_of_the_repository(tmp_path):
    write_sources(tmp_path, site_url="https://docs.example.com/")
    assert yaml.safe_load((tmp_path / "mkdocs.yml").read_text())["site_url"] == "https://docs.example.com/"


def test_a_page_outside_the_navigation_is_an_error(repository):
    with pytest.raises(ValueError, match="the navigation lacks README.md, guides/write.md, modules/network/README.md"):
        navigation([{"Decisions": ["doc_resources/adr/*.md"]}], repository.folder)


@pytest.mark.parametrize("entry", [{"Gone": "gone.md"}, "gone.md", "gone/*.md"])
def test_a_missing_page_in_the_navigation_is_an_error(repository, entry):
    with pytest.raises(ValueError, match="do not exist: gone"):
        navigation(["**/*.md", entry], repository.folder)
