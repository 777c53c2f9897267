"""The documentation site has no broken links, looks like the pages on GitHub, and loads nothing from other hosts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, expect

from doc_resources.pages import REPOSITORY, pages
from doc_resources.site import build
from test.browser.test_pages import opened

SOURCE = "https://git.example.com/shop/platform/-/blob/main"
STRUCTURE = {"li", "table", "th", "td", "pre", "h1", "h2", "h3", "h4", "img", "strong", "em", "blockquote"}


class Outline(HTMLParser):
    """Counts the elements of a page and collects what it loads and where it leads, optionally within one element."""

    def __init__(self, text: str, within: str | None = None) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self._within, self._is_inside = within, within is None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = self._is_inside or tag == self._within
        values = {name: value or "" for name, value in attrs}
        if self._is_inside and tag in STRUCTURE:
            self.elements[tag] += 1
        if "src" in values or tag == "link":
            self.loaded.append(values.get("src") or values["href"])
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._is_inside = False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    assert build(folder, source_url=SOURCE) == 0
    return folder / "html"


@pytest.fixture(scope="module")
def site_address(site: Path) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=site)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def html(site: Path, page: Path) -> Path:
    """The page of the site that is made from a page of the repository."""
    path = page.relative_to(REPOSITORY)
    return site / (path.with_name("index.html") if path.name == "README.md" else path.with_suffix(".html"))


def test_pages_have_the_structure_that_they_have_on_github(site):
    markdown = MarkdownIt("gfm-like", {"linkify": False})
    expected = {page: Outline(markdown.render(page.read_text(encoding="utf-8"))).elements for page in pages()}
    shown = {page: Outline(html(site, page).read_text(encoding="utf-8"), "article").elements for page in pages()}
    assert {page: shown[page] for page in pages() if shown[page] != expected[page]} == {}


def test_pages_load_and_link_only_files_of_the_site(site):
    broken = []
    for page in site.rglob("*.html"):
        outline = Outline(page.read_text(encoding="utf-8"))
        local = [target for target in outline.links if not urlsplit(target).scheme]
        for target in [*outline.loaded, *local]:
            path = unquote(urlsplit(target).path)
            base = site if path.startswith("/") else page.parent
            if not (base / path.lstrip("/")).exists():
                broken.append(f"{page.relative_to(site)}: {target}")
    assert broken == []


def test_links_to_source_code_lead_to_the_repository(site):
    links = Outline(html(site, REPOSITORY / "README.md").read_text(encoding="utf-8")).links
    assert f"{SOURCE}/demo/aws/main.tf" in links


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_and_search_work_in_a_browser_without_requests_to_other_hosts(
    browser: Browser, site_address: str, scheme: str
):
    with opened(browser, color_scheme=scheme) as page:
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(site_address)
        expect(page.locator("h1")).to_have_text(re.compile("datalake_sdk"))
        page.get_by_role("link", name="Guides", exact=True).click()
        expect(page.locator("h1")).to_have_text(re.compile("Deploy"))
        expect(page.get_by_role("navigation").get_by_role("link", name="domain_factory", exact=True)).to_be_visible()
        page.goto(f"{site_address}/doc_resources/errors.html")
        expect(page.locator("h3#duplicatekeyserror")).to_be_visible()
        page.goto(f"{site_address}/doc_resources/pipelines.html")
        expect(page.get_by_role("img", name="load_orders writes")).to_be_visible()
        page.get_by_role("button", name="Search").click()
        page.get_by_placeholder("Search").fill("quarantine")
        page.get_by_role("option", name="Quarantine and replay").first.click()
        expect(page).to_have_url(re.compile(r"doc_resources/quarantine\.html\?h=quarantine"))
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {urlsplit(url).netloc for url in requested if not url.startswith(("data:", "blob:"))} == {
        urlsplit(site_address).netloc
    }
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
