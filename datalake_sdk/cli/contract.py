"""`datalake_sdk contract`: shows, tests, compares and converts the contracts of tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.output import output_stream
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.errors import counted

if TYPE_CHECKING:
    from datalake_sdk.contracts.diff import ContractChange
    from datalake_sdk.operations.contracts import CheckOutcome, LocatedContract
    from datalake_sdk.platforms.base import Platform
    from datalake_sdk.table_contract import TableConfiguration

_FAILED = 1


@click.group("contract")
def contract() -> None:
    """Shows, tests, compares and converts the contracts of tables.

    A contract is a table file (`FILE.yaml`), or the one that is stored with a table (`database.table`, or
    `stage:database.table` in another stage).
    """


@contract.command("show", epilog=example("contract show sales.orders"))
@click.argument("contract", metavar="FILE|TABLE")
@json_option
@click.pass_obj
def show_contract(lake: Lake, contract: str, as_json: bool) -> None:
    """Shows the columns, checks and service levels of a contract."""
    located = _located(lake, contract)
    if as_json:
        from datalake_sdk.operations.contracts import contract_as_dict

        print_json({"table": located.name, **contract_as_dict(located)})
    else:
        _print_contract(located.name, located.existing)


@contract.command("test", epilog=example("contract test sales.orders"))
@click.argument("table", metavar="TABLE")
@click.option(
    "--file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table file with the contract.  [default: the contract that is stored with the table]",
)
@json_option
@click.pass_obj
def test_contract(lake: Lake, table: str, file: Path | None, as_json: bool) -> None:
    """Evaluates all checks of a contract on the current rows of a table; changes nothing.

    Exits with code 1 if a check of severity `error` is violated.
    """
    import_libraries()
    from datalake_sdk.operations import contracts
    from datalake_sdk.settings import TableName

    outcomes = contracts.evaluate_contract(lake.open(), TableName.parse(table), file)
    print_json([outcome.as_dict() for outcome in outcomes]) if as_json else _print_outcomes(outcomes)
    if any(outcome.fails for outcome in outcomes):
        raise click.exceptions.Exit(_FAILED)


@contract.command("diff", epilog=example("contract diff sales.orders tables_configuration/sales.orders.yaml"))
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@json_option
@click.pass_obj
def diff_contracts(lake: Lake, before: str, after: str, as_json: bool) -> None:
    """Compares two contracts; exits with code 1 if a change breaks readers or writers.

    BEFORE and AFTER are files or tables, for example `prod:sales.orders tables_configuration/sales.orders.yaml`. A
    change breaks readers if it weakens what the contract promises, and writers if valid rows become invalid.
    """
    old, new = _located(lake, before), _located(lake, after)
    from datalake_sdk.operations.contracts import compare_contracts

    changes = compare_contracts(old, new)
    print_json([change.as_dict() for change in changes]) if as_json else _print_changes(changes)
    if any(change.is_breaking for change in changes):
        raise click.exceptions.Exit(_FAILED)


@contract.command("export", epilog=example("contract export sales.orders"))
@click.argument("contract", metavar="FILE|TABLE")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="File to write.  [default: stdout]")
@click.pass_obj
def export_contract(lake: Lake, contract: str, output: Path | None) -> None:
    """Writes a contract in the Open Data Contract Standard 3, as YAML."""
    located = _located(lake, contract)
    from datalake_sdk.operations import contracts

    text = contracts.export_contract(located)
    with output_stream(output) as stream:
        stream.write(text.encode())


@contract.command(
    "import", epilog=example("contract import orders.odcs.yaml --database-name sales --output imported", options="")
)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--database-name", metavar="NAME", help="Database, without stage prefix, of tables that the file names without one."
)
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("tables_configuration"),
    show_default=True,
    help="Folder of the table files.",
)
@json_option
def import_contract(file: Path, database_name: str | None, output: Path, as_json: bool) -> None:
    """Converts a contract of the Open Data Contract Standard 3 to table files.

    Parts of the contract without a counterpart in table files are listed.
    """
    import_libraries()
    from datalake_sdk.operations import contracts

    imported = contracts.import_contract(file, output, database_name)
    if as_json:
        print_json(imported.as_dict())
        return
    for path in imported.paths:
        click.echo(f"written: {path}")
    for note in imported.notes:
        click.echo(f"Warning: {note}", err=True)


def _located(lake: Lake, reference: str) -> LocatedContract:
    import_libraries()
    from datalake_sdk.operations.contracts import locate_contract

    def open_stage(stage: str | None) -> Platform:
        return lake.open() if stage is None else lake.open_stage(stage)

    return locate_contract(reference, open_stage)


def _print_contract(name: str, contract: TableConfiguration) -> None:
    from datalake_sdk.contracts.requirements import column_requirements, describe_quality

    click.echo(name)
    fields = {
        "description": contract.description,
        "version": contract.version,
        "status": contract.status,
        "team": contract.team and contract.team.name,
        "on_violation": contract.on_violation,
        "evolution": contract.evolution,
        "on_type_change": contract.on_type_change,
    }
    print_fields({label: value for label, value in fields.items() if value})
    print_listing(
        ("column", "type", "requirements", "classification", "description"),
        [
            (name, column.type, "\n".join(column_requirements(column)), column.classification, column.description)
            for name, column in contract.columns.items()
        ],
    )
    if contract.quality:
        print_listing(("check of the table",), [(describe_quality(item),) for item in contract.quality])
    if contract.sla_properties:
        print_listing(
            ("service level", "value", "column"),
            [
                (item.property, f"{item.value} {item.unit or ''}".strip(), item.element)
                for item in contract.sla_properties
            ],
        )


def _print_outcomes(outcomes: list[CheckOutcome]) -> None:
    from datalake_sdk.contracts.requirements import shortened

    print_listing(
        ("check", "result", "severity", "requirement", "measured", "examples"),
        [
            (
                outcome.name,
                "passed" if outcome.passed else "failed" if outcome.fails else "warning",
                outcome.severity,
                shortened(outcome.requirement),
                counted(outcome.violations, "violation") if outcome.value is None else f"{outcome.value:g}",
                "\n".join(outcome.examples),
            )
            for outcome in outcomes
        ],
    )
    failed = sum(outcome.fails for outcome in outcomes)
    click.echo(f"{counted(len(outcomes), 'check')}, {failed} failed")


def _print_changes(changes: list[ContractChange]) -> None:
    if not changes:
        click.echo("the contracts are equal")
        return
    print_listing(
        ("change", "before", "after", "breaks"),
        [(change.place, change.before, change.after, _broken(change)) for change in changes],
    )
    breaking = sum(change.is_breaking for change in changes)
    click.echo(f"{counted(len(changes), 'change')}, {breaking} breaking")


def _broken(change: ContractChange) -> str:
    broken = {"readers": change.breaks_readers, "writers": change.breaks_writers}
    return ", ".join(name for name, is_broken in broken.items() if is_broken)
