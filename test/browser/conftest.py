"""A real browser, and the pages of a lake served to it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.ui.app import create_app
from datalake_sdk.ui.export import export
from datalake_sdk.ui.security import Access
from datalake_sdk.ui.site import Site
from test.unit.ui.conftest import SCRIPT, fill
from test.unit.ui.ledger_builder import MIDNIGHT, LedgerBuilder

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FOREIGN_HOST = "attacker.example"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which a foreign host has the address of this machine, as after DNS rebinding.

    While it is open, an event loop runs in this thread, in which other tests could not call `asyncio.run`:
    https://playwright.dev/python/docs/library#threading
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        missing = "The browser tests require Chromium: .ci/install_browser, or install the package chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    # Chromium has no sandbox for root: https://crbug.com/638180
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {FOREIGN_HOST} 127.0.0.1"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    opened = open_platform(resolve_environment(None, None, None, local_root=tmp_path_factory.mktemp("lake")))
    fill(opened)
    return opened


@pytest.fixture(scope="session")
def failed_run(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Position of the run of a task that failed."""
    log = tmp_path_factory.mktemp("log") / "task.log"
    log.write_text(f"line of a log {SCRIPT}\n" * 40)
    ledger = LedgerBuilder(platform, SCRIPT, log.as_uri())
    for minute in range(15):
        ledger.execution(MIDNIGHT + timedelta(minutes=minute))
    return ledger.execution(MIDNIGHT + timedelta(hours=1), succeeds=False)


@pytest.fixture(scope="session")
def address(platform: Platform, failed_run: str) -> Iterator[str]:
    """Address of the pages."""
    application = create_app(Site(platform), Access())
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as opened:
        thread = Thread(target=server.run, args=([opened],))
        thread.start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def exported(platform: Platform, failed_run: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the static site."""
    folder = tmp_path_factory.mktemp("exported") / "site"
    export(Site(platform), folder)
    return folder
