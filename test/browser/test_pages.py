from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from test.browser.conftest import FOREIGN_HOST

PAGES = (
    *("/", "/databases/shop", "/tables/shop.orders", "/tables/crm.customers", "/tables/shop.orders/files"),
    *("/tables/shop.orders/changes", "/tables/shop.orders/sample", "/search?q=orders", "/nowhere"),
    *(
        "/lineage",
        "/lineage/shop.orders",
        "/runs",
        "/runs/{failed_run}",
        "/runs/{failed_run}/log",
        "/pipelines",
        "/pipelines/orders",
        "/cost",
    ),
)
ATTACKED = "attacked"
_STATUS = "Failed to load resource: the server responded with a status of 40"


@contextmanager
def opened(browser: Browser, **options) -> Iterator[Page]:
    """Opens a page whose messages and errors fail the test."""
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert [problem for problem in problems if not problem.startswith(_STATUS)] == []


def violations(page: Page) -> list[str]:
    """Returns the accessibility rules that the page violates, with the first element of each."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def overflows(page: Page) -> bool:
    """Whether the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (400, "dark")])
def test_every_page_is_accessible_fits_the_screen_and_runs_no_foreign_script(
    browser, address, failed_run, width, scheme
):
    with opened(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        for path in PAGES:
            page.goto(address + path.format(failed_run=failed_run))
            expect(page.locator("h1")).to_be_visible()
            assert (path, violations(page), overflows(page)) == (path, [], False)
            assert page.title() != ATTACKED


def test_dark_and_light_pages_differ(browser, address):
    colors = set()
    for scheme in ("light", "dark"):
        with opened(browser, color_scheme=scheme) as page:
            page.goto(address)
            colors.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colors) == 2


def test_pages_are_read_and_searched_without_javascript(browser, address):
    with opened(browser, java_script_enabled=False) as page:
        page.goto(address)
        page.get_by_label("Search tables").fill("city customer")
        page.keyboard.press("Enter")
        page.locator("main a").first.click()
        expect(page).to_have_url(re.compile("/tables/shop.orders#column-city"))
        page.get_by_role("link", name="Changes", exact=True).click()
        expect(page.locator("main")).to_contain_text("added note")
        page.get_by_role("link", name="Runs", exact=True).click()
        page.get_by_label("State").select_option("failed")
        page.get_by_role("button", name="Filter").click()
        expect(page.locator("tbody tr")).to_have_count(18)


def test_pages_are_used_with_the_keyboard(browser, address):
    with opened(browser) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("customers")
        page.keyboard.press("/")
        page.keyboard.type("j/k")
        expect(page.get_by_label("Search tables")).to_have_value("j/k")


def test_the_graph_leads_from_table_to_table(browser, address):
    with opened(browser) as page:
        page.goto(f"{address}/lineage/shop.orders")
        page.locator("svg a", has_text="shop.gone").click()
        expect(page.locator("h1")).to_contain_text("Lineage of shop.gone")
        page.locator("svg a", has_text="report").click()
        expect(page.locator("h1")).to_contain_text("orders.report")


def test_a_host_that_resolves_to_this_machine_reads_nothing(browser, address):
    with opened(browser) as page:
        response = page.goto(address.replace("127.0.0.1", FOREIGN_HOST))
        assert response is not None
        assert (response.status, "orders" in page.content()) == (400, False)


def test_a_foreign_page_neither_posts_nor_reads_nor_frames(browser, address):
    # Chromium reports what it blocks on the console.
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    form = f'<form method="post" action="{address}/tables/shop.orders"><button>Post</button></form>'
    body = f'{form}<iframe src="{address}"></iframe>'
    page.route("http://foreign.example/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://foreign.example/")
    read = page.evaluate(f"fetch('{address}/').then(() => 'read', () => 'blocked')")
    frame = page.frames[-1]
    with page.expect_response(f"{address}/tables/shop.orders") as posted:
        page.get_by_role("button").click()
    assert (read, frame.url.startswith(address), posted.value.status) == ("blocked", False, 405)
    context.close()


def test_the_static_site_is_read_from_files(browser, exported):
    with opened(browser) as page:
        page.goto((exported / "index.html").as_uri())
        page.get_by_role("link", name="shop.orders").click()
        expect(page.locator("h1")).to_have_text("orders")
        assert page.evaluate("getComputedStyle(document.querySelector('.facts')).display") == "flex"
        page.get_by_role("link", name="Runs", exact=True).click()
        page.get_by_role("link", name="Older").click()
        page.locator("tbody a").first.click()
        expect(page.locator(".gantt li")).to_have_count(4)
        page.get_by_role("link", name="Search").click()
        page.get_by_label("Words in names").fill("name crm")
        expect(page.locator(".results li:visible")).to_have_count(1)


def test_a_printed_page_has_no_navigation(browser, address):
    with opened(browser) as page:
        page.goto(address)
        page.emulate_media(media="print")
        expect(page.get_by_label("Sections")).to_be_hidden()
        expect(page.locator("h1")).to_be_visible()
