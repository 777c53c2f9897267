"""domain_factory's script that publishes the SDK, run against a local package index."""

import hashlib
import os
import subprocess
import sys
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "domain_factory" / "publish_sdk.sh"

# Replaces `python3`: builds a wheel in place of `python3 -m pip wheel`, and runs Python for other arguments.
PYTHON = f"""#!/bin/bash
[ "$2" = pip ] || exec {sys.executable} "$@"
exec {sys.executable} - "$7" <<END
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/datalake_sdk-1.2.3-py3-none-any.whl", "w") as wheel:
    wheel.writestr("datalake_sdk-1.2.3.dist-info/METADATA", "Metadata-Version: 2.3\\nName: datalake-sdk\\n")
END
"""


class Index:
    """A package index that records uploads.

    Args:
        status: HTTP status of the response to an upload.
        held: Version that already exists in the index.
    """

    def __init__(self, status: int, held: str = "") -> None:
        self.uploads: list[tuple[str, dict[str, bytes]]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == "/pypi/python/simple/datalake-sdk/" and held
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(f'<a href="datalake_sdk-{held}-py3-none-any.whl">'.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                index.uploads.append((self.headers["Authorization"], form(self.headers["Content-Type"], body)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/pypi/python/"

    def __enter__(self) -> "Index":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def form(content_type: str, body: bytes) -> dict[str, bytes]:
    parts = message_from_bytes(f"Content-Type: {content_type}\n\n".encode() + body).get_payload()
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}


@pytest.fixture
def publish(tmp_path):
    (tmp_path / "python3").write_text(PYTHON)
    (tmp_path / "python3").chmod(0o755)

    def run(index):
        variables = {
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            **{"SDK_SOURCE": ".", "SDK_VERSION": "1.2.3", "ENDPOINT": index.endpoint, "TOKEN": "secret-token"},
        }
        return subprocess.run(["bash", SCRIPT], env={**os.environ, **variables}, capture_output=True, text=True)

    return run


def test_a_new_version_is_uploaded_with_its_metadata(publish):
    with Index(200, held="1.2.2") as index:
        published = publish(index)
    assert published.returncode == 0, published.stderr
    ((authorization, sent),) = index.uploads
    assert authorization == "Basic YXdzOnNlY3JldC10b2tlbg=="  # aws:secret-token
    assert sent.pop("sha256_digest").decode() == hashlib.sha256(sent.pop("content")).hexdigest()
    assert {name: value.decode() for name, value in sent.items()} == {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.3",
        "name": "datalake-sdk",
        "version": "1.2.3",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
    }


def test_an_existing_version_is_not_uploaded_again(publish):
    with Index(200, held="1.2.3") as index:
        published = publish(index)
    assert (published.returncode, index.uploads) == (0, [])


def test_a_denied_upload_is_reported_with_the_missing_permission(publish):
    with Index(403) as index:
        published = publish(index)
    assert published.returncode == 1
    assert "codeartifact:PublishPackageVersion" in published.stderr
