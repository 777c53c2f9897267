from __future__ import annotations

import pytest

from datalake_sdk.ui.security import HEADERS, Access
from test.unit.ui.conftest import HOST, browse

TOKEN = "correct-horse"


@pytest.fixture(scope="module")
def guarded(platform):
    with browse(platform, Access(token=TOKEN)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/tables/shop.orders", "/nowhere", "/static/catalogue.css"])
def test_every_answer_has_security_headers(pages, path):
    assert {**pages.get(path).headers, **HEADERS} == dict(pages.get(path).headers)


def test_the_policy_allows_no_inline_code(pages):
    policy = pages.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/tables/shop.orders", "/static/catalogue.css"])
def test_pages_are_read_only(pages, method, path):
    refused = pages.request(method, path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1.attacker.example", "localhost.", "", "[::1]x", "10.0.0.1"]
)
def test_a_foreign_host_is_refused(pages, host):
    refused = pages.get("/", headers={"host": host})
    assert (refused.status_code, "orders" in refused.text) == (400, False)


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:8767", "[::1]:8767", "LOCALHOST"])
def test_loopback_hosts_are_answered(pages, host):
    assert pages.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/static/catalogue.css", {}),
        ("/", {"authorization": "Bearer wrong"}),
        ("/", {"authorization": TOKEN}),
        ("/?token=wrong", {}),
        ("/?token=", {}),
        ("/", {"cookie": f"datalake_ui={TOKEN}"}),
        ("/", {"cookie": "datalake_ui=é"}),
        ("/?token=wrong", {"authorization": f"Bearer {TOKEN}"}),
    ],
)
def test_requests_without_the_token_are_refused(guarded, path, headers):
    refused = guarded.get(path, headers={name: value.encode("latin-1") for name, value in headers.items()})
    assert (refused.status_code, "orders" in refused.text, TOKEN in refused.text) == (401, False, False)


def test_the_token_is_accepted_as_a_header(guarded):
    assert guarded.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_token_in_an_address_becomes_a_cookie(guarded):
    redirected = guarded.get(f"/search?q=a+b&token={TOKEN}")
    assert (redirected.status_code, redirected.headers["location"]) == (303, "/search?q=a+b")
    cookie = redirected.headers["set-cookie"]
    assert all(each in cookie for each in ("HttpOnly", "SameSite=Strict"))
    assert TOKEN not in cookie
    assert guarded.get("/", headers={"cookie": cookie.split(";")[0]}).status_code == 200
    guarded.cookies.clear()


@pytest.mark.parametrize("path", ["//attacker.example/", "/\\attacker.example/"])
def test_the_redirect_stays_on_the_server(guarded, path):
    location = guarded.get(f"http://{HOST}{path}?token={TOKEN}").headers["location"]
    guarded.cookies.clear()
    assert location.startswith("/")
    assert location[1] not in "/\\"


def test_a_name_with_a_slash_is_one_segment(pages):
    assert "no such page" in pages.get("/tables%2Fshop.orders").text
