"""`ingest_source`: APIs, databases and files without code."""

from __future__ import annotations

import json
import os
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from datalake_sdk import masked_values
from datalake_sdk.cli import source_arguments

pytest.importorskip("dlt")

ORDERS = ("-db", "raw", "-t", "orders")
TOKEN = "hunter2/token"
KEEP_NEWEST = ("--write-disposition", "merge", "--primary-key", "id", "--cursor", "id")


class Api(BaseHTTPRequestHandler):
    """Lists objects in pages of two, for callers with the token."""

    rows = ({"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}, {"id": 3, "tags": ["b", "c"]})

    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.respond(401, {})
            return
        start = 2 * (int(query["page"]) - 1)
        rows = [row for row in self.rows if row["id"] >= int(query.get("since", 0))]
        self.respond(200, {"data": {"items": rows[start : start + 2]}})

    def respond(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setattr(masked_values, "_masked", set())
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "ERROR")


@pytest.fixture
def load_orders(terminal, server):
    """Runs `ingest_source rest_api` for the orders of the API."""
    paging = (
        "--paginator",
        "page_number",
        "--paginator-option",
        "base_page=1",
        "--paginator-option",
        "total_path=null",
    )

    def load_orders(*options, url=server):
        api = ("--url", url, "--path", "orders", "--data-selector", "data.items", *paging)
        return terminal.run("ingest_source", "rest_api", *ORDERS, *api, *options)

    return load_orders


def rows(terminal, table="orders"):
    shown = terminal.query(f"SELECT * FROM {{database_prefix}}raw.{table} ORDER BY id", "--format", "json")
    return json.loads(shown.stdout)


def test_a_repeated_load_of_an_api_continues_at_the_cursor(load_orders, terminal):
    options = ("--token-env", "SHOP_TOKEN", *KEEP_NEWEST, "--cursor-param", "since", "--initial-value", "0", "--json")
    first, second = load_orders(*options), load_orders(*options)
    assert [result["rows_inserted"] for result in json.loads(first.stdout)] == [3], first.output
    assert json.loads(second.stdout) == []
    assert rows(terminal) == list(Api.rows)
    metadata = [path.read_bytes() for path in terminal.lake.rglob("*.json")]
    assert not [content for content in metadata if b"hunter2" in content]


def test_the_number_of_pages_may_be_limited(load_orders, terminal):
    load_orders("--token-env", "SHOP_TOKEN", "--max-pages", "1")
    assert [row["id"] for row in rows(terminal)] == [1, 2]


# dlt does not read the body of the response that it raises.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
def test_failures_of_an_api_say_why_and_hide_secrets(load_orders, terminal):
    os.environ["SHOP_TOKEN"] = "hunter3-token"
    unauthorized = load_orders("--token-env", "SHOP_TOKEN", "--param", "api_key=env:SHOP_TOKEN")
    assert unauthorized.exit_code == 1
    assert "401" in unauthorized.stderr
    assert "hunter3" not in unauthorized.output
    unreachable = load_orders(url="http://127.0.0.1:1/")
    assert unreachable.exit_code == 1
    assert "is not available: ConnectionError" in unreachable.stderr
    assert not terminal.lake.joinpath("local-lake-dev-data").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--token-env", "NO_TOKEN"], "--token-env: the environment variable NO_TOKEN is not set"),
        (["--header", "X-Api-Key=abc"], "--header: X-Api-Key is a secret"),
        (["--param", "page"], "it must be NAME=VALUE"),
        (["--write-disposition", "merge"], "it must be combined with --primary-key"),
        (["--cursor", "id", "--cursor-param", "since"], "combined with --cursor and --initial-value"),
        (["--paginator", "pages"], "--paginator is 'pages'; it must be one of json_link"),
        (
            ["--paginator-option", "size=1"],
            "--paginator-option of page_number is 'size'; it must be one of 'base_page'",
        ),
    ],
)
def test_invalid_options_are_usage_errors(load_orders, options, words):
    result = load_orders(*options)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output


@pytest.fixture
def shop(tmp_path):
    """URL of a database with the tables Orders and customers."""
    url = f"sqlite:///{tmp_path}/shop.db"
    execute(
        url,
        "CREATE TABLE Orders (id INTEGER PRIMARY KEY, amount DECIMAL(10, 2))",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO Orders VALUES (1, 1.5), (2, 2.25)",
        "INSERT INTO customers VALUES (1, 'Ada')",
    )
    return url


def execute(url, *statements):
    database = sqlite3.connect(url.removeprefix("sqlite:///"))
    database.executescript(";".join(statements))
    database.close()


def load_tables(terminal, url, *options):
    return terminal.run("ingest_source", "sql_database", "-db", "raw", "--url", url, *options)


def test_tables_of_a_database_are_loaded_with_their_keys_and_types(terminal, shop):
    options = ("--write-disposition", "merge", "--cursor", "id")
    loaded = load_tables(terminal, shop, *options)
    assert (loaded.exit_code, loaded.stdout.count("upsert")) == (0, 2), loaded.output
    execute(shop, "INSERT INTO Orders VALUES (3, 3)")
    again = json.loads(load_tables(terminal, shop, *options, "--json").stdout)
    assert [(result["table"], result["rows_inserted"]) for result in again] == [("dev_raw.orders", 1)]
    assert [float(row["amount"]) for row in rows(terminal)] == [1.5, 2.25, 3.0]


def test_a_changed_type_writes_nothing(terminal, shop):
    load_tables(terminal, shop)
    execute(shop, "DROP TABLE customers", "CREATE TABLE customers (id TEXT)", "INSERT INTO customers VALUES ('x')")
    failed = load_tables(terminal, shop)
    assert (failed.exit_code, "column 'id': its type differs" in failed.stderr) == (1, True), failed.output
    assert "Nothing of this load was written" in failed.stderr
    assert len(rows(terminal)) == 2


def test_tables_written_before_a_failure_are_named(terminal, shop):
    execute(shop, "CREATE TABLE zones (id INTEGER)", "INSERT INTO zones VALUES (NULL)")
    merge = ("--write-disposition", "merge", "--primary-key", "id")
    failed = load_tables(terminal, shop, "--tables", "Orders,zones", *merge)
    assert (failed.exit_code, "zones" in failed.stderr) == (1, True)
    assert "committed before the failure: raw.orders (2 rows)" in failed.stderr
    assert len(rows(terminal)) == 2


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        (None, ["--tables", "Order"], "the database has no table 'Order'; its tables: 'Orders', 'customers'"),
        (None, ["--cursor", "day"], "has no column 'day'; its columns: 'id'"),
        ("postgresql://ada:hunter2@db/shop", [], "--url: the password is a secret"),
        ("nonsense", [], "--url is not the URL of a database"),
        ("sqlite:///shpo.db", [], "--url names the SQLite file 'shpo.db', which does not exist"),
    ],
)
def test_invalid_databases_are_usage_errors(terminal, shop, url, options, words):
    result = load_tables(terminal, url or shop, *options)
    assert not Path("shpo.db").exists()
    assert (result.exit_code, words in result.stderr, "hunter2" in result.output) == (2, True, False), result.output


def test_only_new_files_are_loaded(terminal, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()

    def load(*options):
        source = ("--path", str(inbox), "--glob", "*.csv", "--json", *options)
        return terminal.run("ingest_source", "filesystem", *ORDERS, *source)

    def add(name, text, seconds):
        (inbox / name).write_text(text)
        os.utime(inbox / name, (seconds, seconds))

    add("monday.csv", "id,code\n1,a\n2,b\n", 1_000)
    add("notes.txt", "none", 1_000)
    assert json.loads(load().stdout)[0]["rows_inserted"] == 2
    add("tuesday.csv", "id,code\n3,7\n", 2_000)
    assert [json.loads(load().stdout)[0]["rows_inserted"], json.loads(load().stdout)] == [1, []]
    assert [row["code"] for row in rows(terminal)] == ["a", "b", "7"]
    assert json.loads(load("--write-disposition", "replace").stdout)[0]["rows_read"] == 3
    missing = terminal.run("ingest_source", "filesystem", *ORDERS, "--path", str(inbox), "--glob", "*.zip")
    assert (missing.exit_code, "contains no file that matches '*.zip'" in missing.stderr) == (2, True), missing.output


@pytest.mark.parametrize("password", ["hun[ter2", "hun%5Bter2"])
def test_a_password_that_no_url_parser_accepts_is_masked(terminal, monkeypatch, password):
    monkeypatch.setenv("SHOP_URL", f"nodb://ada:{password}@db/shop")
    assert source_arguments.url("--url", "env:SHOP_URL") == f"nodb://ada:{password}@db/shop"
    assert masked_values.without_masked_values("cannot log in with hun[ter2") == "cannot log in with [redacted]"


def test_an_invalid_address_is_reported_as_such(terminal):
    result = terminal.run("ingest_source", "rest_api", *ORDERS, "--url", "http://[::1")
    assert result.exit_code == 1
    assert "Unexpected error" not in result.stderr
