"""External links of pages are requested, and those that lead to no page are listed."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from doc_resources import external_links
from doc_resources.pages import REPOSITORY

PAGE = REPOSITORY / "README.md"


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        code = int(self.path.strip("/"))
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def address():
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_address():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize(("code", "status"), [(200, 200), (302, 200), (404, 404), (500, 500)])
def test_the_status_after_redirects_counts(address, code, status):
    assert external_links.status(f"{address}/{code}") == status


def test_a_server_that_does_not_answer_has_no_status(closed_address):
    assert external_links.status(closed_address) is None


def test_links_in_text_are_found_and_those_in_code_are_not(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "[a](https://a.example/x#y), (https://b.example/z). `https://code.example`\n\n```sh\ncurl https://c.example\n```\n"
    )
    assert external_links.external_links([page]) == {"https://a.example/x#y": [page], "https://b.example/z": [page]}


def test_links_that_lead_to_no_page_are_listed_with_their_pages():
    statuses = {"https://ok": 200, "https://refused": 403, "https://gone": 404, "https://silent": None}
    assert external_links.problems(statuses, {link: [PAGE] for link in statuses}) == [
        "https://gone: 404, in README.md",
        "https://silent: no answer, in README.md",
    ]


def test_without_a_network_the_check_fails_and_says_so(monkeypatch, tmp_path, closed_address):
    page = tmp_path / "page.md"
    page.write_text(f"[link]({closed_address})\n")
    monkeypatch.setattr(external_links, "pages", lambda: [page])
    with pytest.raises(SystemExit, match="NOT CHECKED: none of 1 external links could be requested"):
        external_links.main()
