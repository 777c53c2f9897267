"""Shows, compares and converts the contracts of tables, from their files or as stored with the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from pyiceberg.table import Table

from datalake_sdk.contracts.diff import ContractChange, diff_contracts
from datalake_sdk.contracts.odcs_export import odcs_document
from datalake_sdk.contracts.odcs_import import import_odcs
from datalake_sdk.contracts.parsing import parse_table, stored_contract
from datalake_sdk.contracts.promises import check_promises
from datalake_sdk.contracts.serialization import contract_fields
from datalake_sdk.engine.checks.contract import applied_contract
from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import ExistingTableFileError, NoContractError, UnknownContractError, UnnamedDatabaseError
from datalake_sdk.operations.tables_configuration import read_table_file, read_yaml
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import IngestionRequest, TableName
from datalake_sdk.table_contract import ColumnConfiguration, Severity, TableConfiguration

OpenStage: TypeAlias = Callable[[str | None], Platform]
"""Opens a stage of the domain; None is the selected stage."""
_FILES = (".yaml", ".yml")


@dataclass(frozen=True)
class LocatedContract:
    """A contract, and where it is from.

    Args:
        name: `database.table`.
        contract: The contract; None if none is stored with the table.
        table: The table; None if the contract is from a file.
    """

    name: str
    contract: TableConfiguration | None
    table: Table | None = None

    @property
    def existing(self) -> TableConfiguration:
        """The contract.

        Raises:
            NoContractError: None is stored with the table.
        """
        if self.contract is None:
            raise NoContractError(self.name)
        return self.contract


def locate_contract(reference: str, open_stage: OpenStage) -> LocatedContract:
    """Finds a contract.

    Args:
        reference: A table file, `database.table`, or `stage:database.table`.
        open_stage: Opens the stage of a table.

    Raises:
        UnknownContractError: The reference has another form.
        UnknownTableError: The table does not exist.
        TablesConfigurationError: The contract is invalid.
    """
    if reference.endswith(_FILES):
        path = Path(reference)
        return LocatedContract(path.name.rsplit(".", 1)[0], read_table_file(path))
    stage, colon, name = reference.rpartition(":")
    if name.count(".") != 1 or bool(stage) != bool(colon):
        raise UnknownContractError(reference)
    platform = open_stage(stage or None)
    with platform.service_errors():
        table = load_table(platform, TableName.parse(name))
    return LocatedContract(name, stored_contract(".".join(table.name()), table.properties), table)


def compare_contracts(before: LocatedContract, after: LocatedContract) -> list[ContractChange]:
    """Lists the changes from one contract to another.

    The types of a table are those that it has; a table without a contract promises nothing but its types.
    """
    old, new = (located.contract or TableConfiguration() for located in (before, after))
    names = dict.fromkeys((*old.columns, *new.columns))
    return diff_contracts(_with_stored_types(old, before.table, names), _with_stored_types(new, after.table, names))


def _with_stored_types(contract: TableConfiguration, table: Table | None, names: Iterable[str]) -> TableConfiguration:
    if table is None:
        return contract
    stored = {field.name: format_type(field.field_type) for field in table.schema().fields}
    columns = dict(contract.columns)
    for name in names:
        if name in stored:
            columns[name] = replace(columns.get(name, ColumnConfiguration()), type=stored[name])
    return replace(contract, columns=columns)


@dataclass(frozen=True)
class CheckOutcome:
    """Result of a check on the current rows of a table.

    Args:
        name: Name of the check.
        severity: `error` or `warning`.
        requirement: What the check requires.
        passed: Whether it holds.
        violations: Number of rows that violate it; 1 for a violated `rowCount` or query.
        value: Number that a check with bounds compares.
        examples: Some of the rows; values of classified columns are hidden.
    """

    name: str
    severity: str
    requirement: str
    passed: bool
    violations: int
    value: float | None
    examples: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether a check of severity `error` is violated."""
        return not self.passed and self.severity == Severity.ERROR

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def evaluate_contract(platform: Platform, table: TableName, file: Path | None = None) -> list[CheckOutcome]:
    """Evaluates the checks of a contract on the current rows of a table; changes nothing.

    Args:
        platform: Platform that holds the table.
        table: The table.
        file: Table file with the contract; None is the contract that is stored with the table.

    Raises:
        NoContractError: No contract is stored with the table.
        DatalakeError: The table does not exist, or a check cannot be evaluated.
    """
    from datalake_sdk.engine.checks.audit import evaluate_checks

    configuration = TableConfiguration() if file is None else read_table_file(file)
    with platform.service_errors():
        loaded = load_table(platform, table)
        target = Target(
            table.identifier(platform.environment),
            loaded.location(),
            IngestionRequest(table, configuration=configuration),
        )
        applied = applied_contract(target.name, configuration, loaded.properties, "")
        if not applied.contract.is_contract:
            raise NoContractError(str(table))
        with classified_values_hidden(platform.catalog, target):
            found = evaluate_checks(platform.catalog, target, applied, loaded)
    return [
        CheckOutcome(
            result.name,
            result.severity.value,
            check.requirement,
            result.passed,
            result.violations,
            result.value,
            result.examples,
        )
        for check, result in found
    ]


def contract_as_dict(located: LocatedContract) -> dict[str, Any]:
    """The fields of a contract as in a table file."""
    return contract_fields(located.existing)


def export_contract(located: LocatedContract) -> str:
    """Returns a contract in the Open Data Contract Standard, as YAML."""
    contract = located.existing
    untyped = [name for name, column in contract.columns.items() if column.type is None]
    return _yaml(odcs_document(located.name, _with_stored_types(contract, located.table, untyped)))


@dataclass(frozen=True)
class ImportedFiles:
    """Table files that an import has written.

    Args:
        paths: The files.
        notes: Parts of the document without a counterpart, and converted values.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return {"files": [str(path) for path in self.paths], "notes": list(self.notes)}


def import_contract(source: Path, folder: Path, database: str | None = None) -> ImportedFiles:
    """Writes the tables of a document of the Open Data Contract Standard as table files.

    Args:
        source: The document.
        folder: Folder to write `database.table.yaml` to; created if it does not exist.
        database: Database of tables that the document names without one.

    Raises:
        InvalidOdcsError: The document does not follow the standard.
        UnnamedDatabaseError: The database of a table is unknown.
        TablesConfigurationError: A field has a value that a table file cannot have.
        ExistingTableFileError: A file already exists.
    """
    imported = import_odcs(source, read_yaml(source))
    files = {folder / f"{_qualified(source, name, database)}.yaml": fields for name, fields in imported.tables.items()}
    for path, fields in files.items():
        place = f"{source}, table {path.stem}"
        check_promises(place, parse_table(place, fields))
        if path.exists():
            raise ExistingTableFileError(path)
    for path, fields in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_yaml(fields), encoding="utf-8")
    return ImportedFiles(tuple(files), tuple(imported.notes))


def _qualified(source: Path, name: str, database: str | None) -> TableName:
    if "." not in name and database is None:
        raise UnnamedDatabaseError(source, name)
    return TableName.parse(name if "." in name or database is None else f"{database}.{name}")


def _yaml(fields: dict[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=120))
