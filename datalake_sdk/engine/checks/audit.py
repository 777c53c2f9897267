"""Decides before the commit of a write whether the table fulfills its contract."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import partial

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from datalake_sdk.contracts.checks import Check, CheckResult, RowCheck
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.checks.contract import AppliedContract
from datalake_sdk.engine.checks.log import CheckLog
from datalake_sdk.engine.checks.rejection import Rejection, find_rejections
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.engine.checks.staging import RowChecker
from datalake_sdk.engine.checks.table_after import TableAfter, table_after
from datalake_sdk.engine.checks.table_checks import TableChecks
from datalake_sdk.engine.iceberg_internals import CachedTransaction
from datalake_sdk.engine.write_transaction import Target, WriteTransaction
from datalake_sdk.errors import ContractViolatedError, UnknownReferenceError, counted
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.table_contract import OnViolation

logger = logging.getLogger(__name__)


def check_changes(
    catalog: Catalog,
    target: Target,
    contract: AppliedContract,
    transaction: WriteTransaction,
    changes: Changes,
    log: CheckLog,
    table_results: Sequence[CheckResult] | None = None,
) -> tuple[CheckResult, ...]:
    """Evaluates the checks of a contract on the table as a write leaves it.

    Args:
        catalog: Catalog of the tables that foreign keys refer to.
        target: Table to write.
        contract: Contract that applies to the write.
        transaction: Transaction of the write.
        changes: Files that the write adds and removes.
        log: Violations of row checks that were found while the batch was staged.
        table_results: Results of the table checks; None evaluates them.

    Returns:
        The result of each check.

    Raises:
        ContractViolatedError: Checks that fail a write are violated.
    """
    checks = contract.checks
    if not checks:
        return ()
    after = table_after(transaction, changes)
    table_checks = _table_checks(catalog, target, contract)
    _check_rows(contract, [check for check in checks.rows if check not in log.evaluated], after, log)
    of_table = [table_checks.result(check, after) for check in checks.table] if table_results is None else table_results
    results = [*map(log.result, checks.rows), *map(log.with_rejected, of_table)]
    unresolved = {result.name for result in of_table if not result.passed}
    unresolved |= {check.name for check in checks.rows if log.depends_on_attempt(check)}
    stored = _stored_violations(contract, after, table_checks) if transaction.base is not None else []
    _report(target.name, checks.by_name, results, stored, unresolved)
    return tuple(results)


def rejections(
    catalog: Catalog,
    target: Target,
    contract: AppliedContract,
    transaction: WriteTransaction,
    changes: Changes,
    log: CheckLog,
) -> list[Rejection]:
    """Finds rows of the batch to quarantine that are not known before the changes of the write are planned.

    Args:
        catalog: Catalog of the tables that foreign keys refer to.
        target: Table to write.
        contract: Contract that applies to the write.
        transaction: Transaction of the write.
        changes: Files that the write adds and removes.
        log: Violations of row checks that were found while the batch was staged.
    """
    after, keys = table_after(transaction, changes), target.request.upsert_keys
    columns = tuple(map(normalized_column_name, keys))
    return find_rejections(contract, after, _table_checks(catalog, target, contract), log, columns)


def _table_checks(catalog: Catalog, target: Target, contract: AppliedContract) -> TableChecks:
    return TableChecks(contract.contract.columns, contract.identity, partial(reference, catalog, target))


def check_stored_rows(
    catalog: Catalog, target: Target, contract: AppliedContract, transaction: WriteTransaction
) -> None:
    """Evaluates the checks that the stored contract does not have on the stored rows.

    Args:
        catalog: Catalog of the tables that foreign keys refer to.
        target: The table.
        contract: The new contract.
        transaction: Transaction that stores it.

    Raises:
        ContractViolatedError: Stored rows violate checks that fail a write.
    """
    if not contract.added or transaction.base is None or transaction.base.current_snapshot() is None:
        return
    table_checks = _table_checks(catalog, target, contract)
    stored = _stored_violations(contract, table_after(transaction, Changes([])), table_checks)
    _report(target.name, contract.added.by_name, [], stored, set())


def evaluate_checks(
    catalog: Catalog, target: Target, contract: AppliedContract, table: Table
) -> list[tuple[Check, CheckResult]]:
    """Evaluates all checks of a contract on the current rows of a table; changes nothing.

    Args:
        catalog: Catalog of the tables that foreign keys refer to.
        target: The table.
        contract: The contract.
        table: The current table.

    Returns:
        Each check with its result.

    Raises:
        DatalakeError: A check cannot be evaluated.
    """
    transaction = WriteTransaction(catalog, table, CachedTransaction(table), table.metadata)
    stored, log = table_after(transaction, Changes([])).only_stored(), CheckLog()
    table_checks = _table_checks(catalog, target, contract)
    checks = contract.checks
    _check_rows(contract, checks.rows, stored, log)
    return [
        *((check, log.result(check)) for check in checks.rows),
        *((check, table_checks.result(check, stored)) for check in checks.table),
    ]


def _check_rows(contract: AppliedContract, checks: Sequence[RowCheck], after: TableAfter, log: CheckLog) -> None:
    """Checks rows in files."""
    if not checks:
        return
    checker = RowChecker(
        RowChecks(checks, after.schema, contract.contract.columns), log, contract.identity, in_attempt=True
    )
    columns = dict.fromkeys((*contract.identity.keys, *(column for check in checks for column in check.columns)))
    for rows in after.new_rows(tuple(columns)):
        checker.count(rows)


def _stored_violations(contract: AppliedContract, after: TableAfter, table_checks: TableChecks) -> list[CheckResult]:
    """Violations by stored rows of checks that the contract did not have before."""
    added = contract.added
    if not added or not after.stored():
        return []
    stored, log = after.only_stored(), CheckLog()
    _check_rows(contract, added.rows, stored, log)
    of_rows = (check for check in added.table if check.bounds is None)
    results = [*map(log.result, added.rows), *(table_checks.result(check, stored) for check in of_rows)]
    return [result for result in results if not result.passed]


def _report(
    table: str,
    checks: dict[str, Check],
    results: Sequence[CheckResult],
    stored: Sequence[CheckResult],
    unresolved: Collection[str],
) -> None:
    failed = [result for result in results if not result.passed and _fails(result, unresolved)]
    failed_stored = [result for result in stored if result.on_violation is OnViolation.FAIL]
    if failed or failed_stored:
        descriptions = [_described(checks[result.name], result, "row") for result in failed]
        descriptions += [_described(checks[result.name], result, "stored row") for result in failed_stored]
        raise ContractViolatedError(table, descriptions, stored=bool(failed_stored and not failed), results=results)
    for result in results:
        if not result.passed:
            action = "quarantined" if result.on_violation is OnViolation.QUARANTINE else "written"
            logger.warning("%s: %s; %s", table, _described(checks[result.name], result, "row"), action)
    for result in stored:
        logger.warning("%s: %s", table, _described(checks[result.name], result, "stored row"))


def _fails(result: CheckResult, unresolved: Collection[str]) -> bool:
    if result.on_violation is OnViolation.QUARANTINE:
        return result.name in unresolved
    return result.on_violation is OnViolation.FAIL


def _described(check: Check, result: CheckResult, noun: str) -> str:
    found = counted(result.violations, noun) if result.value is None else f"{result.value:g}"
    examples = f", for example {'; '.join(result.examples)}" if result.examples else ""
    return f"{result.name}: {found} ({check.requirement}){examples}"


def reference(catalog: Catalog, target: Target, to: str, own: Table) -> tuple[Table, str]:
    """Finds the table and the column that a foreign key refers to.

    Args:
        catalog: Catalog of the tables.
        target: Table with the foreign key.
        to: `table.column` or `database.table.column`.
        own: The table with the foreign key as the write leaves it; it may not exist yet.

    Raises:
        UnknownReferenceError: The table does not exist.
    """
    *database, table, column = to.split(".")
    own_database = target.identifier[0]
    prefix = own_database.removesuffix(target.request.table.database)
    identifier = (prefix + database[0] if database else own_database, table)
    if identifier == target.identifier:
        return own, column
    try:
        return catalog.load_table(identifier), column
    except NoSuchTableError:
        exists = catalog.namespace_exists(identifier[0])
        known = [name[-1] for name in catalog.list_tables(identifier[0])] if exists else []
        raise UnknownReferenceError(to, "table", known) from None
