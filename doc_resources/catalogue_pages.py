"""Takes the screenshots of the page about the catalogue, of a made-up lake.

python -m doc_resources.catalogue_pages
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pyarrow as pa
from playwright.sync_api import sync_playwright

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.contracts.serialization import contract_json
from datalake_sdk.ledger.delivery import encoded, flush
from datalake_sdk.ledger.model import (
    Check,
    ColumnSource,
    Cost,
    Engine,
    Event,
    EventType,
    Input,
    Job,
    Output,
    Parent,
    Run,
    RunError,
    RunKind,
    run_id_of,
)
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionRequest, TableName
from datalake_sdk.table_contract import CONTRACT_PROPERTY
from datalake_sdk.ui.security import Access

IMAGES = Path(__file__).parent / "catalogue"
EXECUTIONS = 34
CHECKS = (("order_id", "primary key"), ("amount", "minimum 0"), ("city", "required"))
CONTRACT = {
    "description": "One row for each order, with its latest state.",
    "status": "active",
    "version": "1.2.0",
    "on_violation": "quarantine",
    "team": {"name": "Sales"},
    "slaProperties": [{"property": "freshness", "value": 24, "unit": "h"}],
    "quality": [{"name": "some orders", "type": "library", "metric": "rowCount", "mustBeGreaterThan": 0}],
    "schema": {
        "order_id": {"type": "long", "primaryKey": True, "required": True, "description": "Number of the order."},
        "customer_email": {"type": "string", "classification": "restricted", "description": "Address of the buyer."},
        "city": {"type": "string", "required": True},
        "ordered_on": {"type": "date", "required": True},
        "amount": {"type": "double", "logicalTypeOptions": {"minimum": 0}, "description": "Total in euros."},
    },
}
TASKS: dict[str, tuple[tuple[str, ...], str, dict[str, tuple[str, str]]]] = {
    "load_orders": ((), "shop.orders", {}),
    "load_customers": ((), "shop.customers", {}),
    "sales_by_city": (
        ("shop.orders", "shop.customers"),
        "reporting.sales_by_city",
        {"city": ("shop.orders", "city"), "amount": ("shop.orders", "amount")},
    ),
    "best_cities": (
        ("reporting.sales_by_city",),
        "reporting.best_cities",
        {"city": ("reporting.sales_by_city", "city")},
    ),
}
"""By task: the tables that it reads, the one that it writes, and the sources of its columns."""


ERROR = RunError(
    "ContractViolatedError",
    "reporting.sales_by_city: check 'amount: minimum 0' is violated by 3 rows, for example city = 'Brest'",
    "Correct the rows, or set `on_violation: quarantine` to publish the others.",
)
BUSY = RunError("LakeBusyError", "the catalog is locked", is_transient=True)


def main() -> None:
    """Writes an image of each page."""
    shutil.rmtree(IMAGES, ignore_errors=True)
    IMAGES.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(resolve_environment("shop", "sales", "dev", local_root=Path(folder) / "lake"))
        write_tables(platform)
        failed = write_runs(platform)
        with served(platform) as address, sync_playwright() as playwright:
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            for name, path, height, scheme in pictures(failed):
                page = browser.new_page(viewport={"width": 1200, "height": height}, color_scheme=scheme)
                page.goto(address + path)
                page.screenshot(path=IMAGES / f"{name}.png")
            browser.close()


def pictures(failed: str) -> list[tuple[str, str, int, Any]]:
    """Returns name, path, height and color scheme of each image."""
    return [
        ("table", "/tables/shop.orders", 900, "light"),
        ("lineage", "/lineage/reporting.sales_by_city", 620, "light"),
        ("run", f"/runs/{failed}", 700, "dark"),
        ("pipeline", "/pipelines/sales", 700, "light"),
        ("cost", "/cost", 700, "dark"),
    ]


def write_tables(platform: Platform) -> None:
    """Writes the tables that the runs name."""
    random = Random(7)
    cities = ("Lyon", "Nîmes", "Lille", "Brest")
    for day in range(4):
        orders = [
            {
                "order_id": day * 300 + number,
                "customer_email": f"customer{number}@example.com",
                "city": random.choice(cities),
                "ordered_on": date(2026, 11, 26 + day),
                "amount": round(random.uniform(5, 200), 2),
            }
            for number in range(300)
        ]
        contract = parse_table("orders", CONTRACT)
        write(platform, "shop.orders", orders, configuration=contract, partition_keys=("ordered_on",))
    described = {"shop.customers": "Customers of the shop.", "reporting.sales_by_city": "Revenue by city and day."}
    for name in ("shop.customers", "reporting.sales_by_city", "reporting.best_cities"):
        table = {"description": described.get(name, "The ten cities with the highest revenue.")}
        write(
            platform, name, [{"city": city, "amount": 1.0} for city in cities], configuration=parse_table(name, table)
        )
    flush()
    shutil.rmtree(platform.run_events.location, ignore_errors=True)


def write(platform: Platform, name: str, rows: list[dict[str, Any]], **settings: Any) -> None:
    """Appends rows to a table, and stores its contract."""
    stored = {CONTRACT_PROPERTY: contract_json(settings["configuration"])}
    ingest(platform, IngestionRequest(TableName.parse(name), properties=stored, **settings), pa.Table.from_pylist(rows))


def write_runs(platform: Platform) -> str:
    """Writes executions of a pipeline; returns the position of the latest one that failed."""
    first = datetime.now(UTC) - EXECUTIONS * timedelta(hours=2)
    failed = ""
    for number in range(EXECUTIONS):
        has_failed = number % 11 == 8
        position = _execution(platform, number, first + number * timedelta(hours=2), has_failed=has_failed)
        failed = position if has_failed else failed
    return failed


def _execution(platform: Platform, number: int, started: datetime, *, has_failed: bool) -> str:
    """Writes one execution; returns the position of its last task."""
    execution = Run(run_id_of(str(number)), Job(RunKind.PIPELINE, "sales", "sales"), started, started)
    record(platform, Event(EventType.START, started, execution))
    ends: dict[str, datetime] = {}
    for name in TASKS:
        before = [ends[task] for task in ends if TASKS[task][1] in TASKS[name][0]]
        begin = max(before, default=started + timedelta(seconds=2))
        error = ERROR if has_failed and name == "sales_by_city" else None
        run = _task(execution, name, 0, begin)
        if number % 5 == 3 and name == "load_orders":
            begin = _end(platform, run, BUSY) + timedelta(seconds=4)
            run = _task(execution, name, 1, begin)
        ends[name] = _end(platform, run, error)
        if error:
            break
    end = max(ends.values()) + timedelta(seconds=2)
    record(platform, Event(EventType.FAIL if error else EventType.COMPLETE, end, execution, error=error))
    return Event(EventType.START, started, run).key.run


def _task(execution: Run, name: str, attempt: int, begin: datetime) -> Run:
    return Run(
        run_id_of(execution.id, name, str(attempt)),
        Job(RunKind.TASK, f"sales.{name}", "sales", name),
        begin,
        execution.group_time,
        Parent(execution.id, "sales"),
        execution.id,
        engine=Engine("duckdb", "2.0.0"),
    )


def _end(platform: Platform, run: Run, error: RunError | None) -> datetime:
    """Writes the events of a task; returns when it ends."""
    inputs, output, lineage = TASKS[run.job.task]
    seconds = Random(run.id).uniform(*((8, 40) if inputs else (20, 70)))
    end = run.started + timedelta(seconds=seconds)
    reads = tuple(Input(f"dev_{table}", 1) for table in inputs)
    sources = {column: (ColumnSource(f"dev_{table}", of, "IDENTITY"),) for column, (table, of) in lineage.items()}
    checks = tuple(Check(check, column, "error", "quarantine", 0, True) for column, check in CHECKS)
    written = Output(f"dev_{output}", 2, 1200, 48_000, 1, (), sources, checks if output == "shop.orders" else ())
    cost = Cost(seconds, 1.0, 2048, 400_000_000 if inputs else 0)
    kind = EventType.FAIL if error else EventType.COMPLETE
    record(platform, Event(EventType.START, run.started, run, reads))
    record(platform, Event(kind, end, run, reads, () if error else (written,), error, cost))
    return end


def record(platform: Platform, event: Event) -> None:
    """Writes an event to the ledger."""
    content = to_openlineage(event, platform.environment.name, platform.run_events.table_identity)
    platform.run_events.write(event.key.day, str(event.key), encoded(content))


@contextmanager
def served(platform: Platform) -> Iterator[str]:
    """Serves the pages on a free port."""
    import socket

    import uvicorn

    from datalake_sdk.ui.app import create_app
    from datalake_sdk.ui.site import Site

    server = uvicorn.Server(uvicorn.Config(create_app(Site(platform), Access()), log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as opened:
        thread = Thread(target=server.run, args=([opened],))
        thread.start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
