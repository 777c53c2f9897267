"""Load of a REST API, served on the loopback interface in pages of 1,000 rows, into a new Iceberg table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from benchmark.harness import Side, argument_parser, call, compare

PAGE_ROWS = 1_000
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Prints a table for each size."""
    arguments = argument_parser(__doc__, 100_000).parse_args()
    for rows in arguments.rows:
        with served(pages(rows)) as url:
            sides = [
                Side("datalake_sdk", call("sides.datalake_sdk_rest.load", url), "datalake_sdk"),
                Side("dlt, Iceberg destination", call("sides.dlt_rest.load", url), "dlt"),
            ]
            compare(f"REST API, {rows:,} rows", sides, arguments, rows)


def pages(rows: int) -> list[bytes]:
    """Returns the bodies of all responses."""
    starts = range(0, rows, PAGE_ROWS)
    return [
        json.dumps(
            {"pages": len(starts), "rows": [_row(number) for number in range(start, min(start + PAGE_ROWS, rows))]}
        ).encode()
        for start in starts
    ]


def _row(number: int) -> dict[str, object]:
    return {
        "id": number,
        "customer": f"customer {number % 1_000}",
        "country": ("FR", "DE", "ES", "IT")[number % 4],
        "quantity": number % 7,
        "amount": number % 10_000 / 8,
        "ordered_at": (_FIRST + timedelta(seconds=number)).isoformat(),
    }


@contextmanager
def served(bodies: Sequence[bytes]) -> Iterator[str]:
    """Serves pages by the query parameter `page` and yields the address of the server."""

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = bodies[int(parse_qs(urlsplit(self.path).query)["page"][0])]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


if __name__ == "__main__":
    main()
