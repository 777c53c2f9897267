"""`datalake_sdk datasets`: lists and shows datasets and their status."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import datasets_file_option, json_option
from datalake_sdk.cli.printing import print_json

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from datalake_sdk.operations.datasets import DatasetStatus
    from datalake_sdk.platforms.base import Platform
    from datalake_sdk.platforms.datasets import RegisteredDataset


@click.group("datasets")
def datasets() -> None:
    """Lists and shows the datasets of pipelines with `run_for_each: datasets`.

    On AWS, datasets are those of the deployed pipelines; on an embedded lake (--local), those of a file.
    """


@datasets.command("list", epilog=example("datasets list"))
@datasets_file_option
@json_option
@click.pass_obj
def list_datasets(lake: Lake, datasets_file: Path | None, as_json: bool) -> None:
    """Lists datasets with the pipeline that serves each."""
    _, found = _opened(lake, datasets_file)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    print_listing(
        ("dataset", "team", "pipeline", "source prefix", "tables"),
        [(each.name, each.team, each.pipeline, each.source_prefix, "\n".join(each.tables.values())) for each in found],
    )


@datasets.command("show", epilog=example("datasets show orders"))
@click.argument("name")
@datasets_file_option
@json_option
@click.pass_obj
def show_dataset(lake: Lake, name: str, datasets_file: Path | None, as_json: bool) -> None:
    """Shows the settings of a dataset."""
    from datalake_sdk.operations import datasets

    _, found = _opened(lake, datasets_file)
    dataset = datasets.find_dataset(found, name)
    if as_json:
        print_json(asdict(dataset))
        return
    settings = [("team", dataset.team), ("pipeline", dataset.pipeline), ("source_prefix", dataset.source_prefix)]
    settings += [(f"parameters.{key}", value) for key, value in dataset.parameters.items()]
    settings += [(f"tables.{key}", table) for key, table in dataset.tables.items()]
    print_listing(("setting", "value"), settings)


@datasets.command("status", epilog=example("datasets status orders"))
@click.argument("name", required=False)
@datasets_file_option
@json_option
@click.pass_obj
def dataset_status(lake: Lake, name: str | None, datasets_file: Path | None, as_json: bool) -> None:
    """Shows the last executions, waiting messages and dead letters of datasets, and the last commit of each table.

    On AWS, the last 100 executions of each pipeline are examined.
    """
    from datalake_sdk.operations import datasets

    platform, found = _opened(lake, datasets_file)
    selected = found if name is None else [datasets.find_dataset(found, name)]
    statuses = datasets.dataset_statuses(platform, selected)
    print_json([each.as_dict() for each in statuses]) if as_json else _print_statuses(statuses)


def _opened(lake: Lake, file: Path | None) -> tuple[Platform, list[RegisteredDataset]]:
    from datalake_sdk.operations import datasets

    if file is not None and lake.local_root is None:
        raise click.UsageError("--datasets-file requires --local; on AWS, pipelines register their datasets.")
    platform = lake.open()
    return platform, datasets.registered_datasets(platform, file)


def _print_statuses(statuses: list[DatasetStatus]) -> None:
    print_listing(
        ("dataset", "last execution", "status", "last success", "last failure", "waiting", "dead letters", "tables"),
        [
            (
                each.name,
                _time(each.last.started) if each.last else None,
                each.last.status if each.last else None,
                _time(each.last_success),
                _time(each.last_failure),
                each.waiting,
                each.dead_letters,
                "\n".join(f"{table.table} {_time(table.changed_at) or 'empty'}" for table in each.tables),
            )
            for each in statuses
        ],
    )


def _time(moment: datetime | None) -> str | None:
    from datetime import UTC

    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
