"""The contract that applies to a write: that of the request, or the one stored with the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from datalake_sdk.contracts.checks import NO_CHECKS, Check, Checks, RowCheck, TableCheck, TableRule, contract_checks
from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.checks.log import CheckLog, RowIdentity
from datalake_sdk.engine.write_transaction import UPSERT_KEYS_PROPERTY
from datalake_sdk.errors import DatalakeError
from datalake_sdk.settings import parse_keys
from datalake_sdk.table_contract import ColumnConfiguration, Evolution, OnViolation, TableConfiguration

_AnyCheck = TypeVar("_AnyCheck", RowCheck, TableCheck)


@dataclass(frozen=True)
class AppliedContract:
    """A contract and its checks.

    Args:
        contract: The contract; an empty configuration if the table has none.
        checks: Its checks.
        added: Checks that the stored contract does not have, which the stored rows may violate.
        identity: How messages identify a row.
    """

    contract: TableConfiguration
    checks: Checks = NO_CHECKS
    added: Checks = NO_CHECKS
    identity: RowIdentity = field(default_factory=RowIdentity)

    def quarantining(self) -> AppliedContract:
        """The contract in which rows that violate an error are quarantined instead of failing the write."""
        rows = tuple(_quarantining(check) for check in self.checks.rows)
        table = tuple(_quarantining(check) if rejects_rows(check) else check for check in self.checks.table)
        return replace(self, checks=Checks(rows, table))

    def with_evolution(self, configuration: TableConfiguration) -> TableConfiguration:
        """The configuration of a request with what this contract says about changes of the columns."""
        if configuration.is_contract or self.contract.evolution is Evolution.EVOLVE:
            return configuration
        known = dict.fromkeys(self.contract.columns, ColumnConfiguration())
        return replace(configuration, evolution=self.contract.evolution, columns={**known, **configuration.columns})


NO_CONTRACT = AppliedContract(TableConfiguration())


def rejects_rows(check: TableCheck) -> bool:
    """Whether a check of the table is violated by certain rows, which can be quarantined."""
    return check.rule in (TableRule.UNIQUE, TableRule.FOREIGN_KEY) and check.bounds is None


def _quarantining(check: _AnyCheck) -> _AnyCheck:
    if check.on_violation is not OnViolation.FAIL:
        return check
    return replace(check, on_violation=OnViolation.QUARANTINE)


def has_rejections(contract: AppliedContract, log: CheckLog) -> bool:
    """Whether rows may have to be rejected after the batch is staged."""
    of_rows = (check for check in contract.checks.rows if check not in log.evaluated)
    checks: tuple[Check, ...] = (*of_rows, *contract.checks.table)
    return any(check.on_violation is OnViolation.QUARANTINE for check in checks)


def applied_contract(
    table: str, configuration: TableConfiguration, properties: Mapping[str, str], keys: str
) -> AppliedContract:
    """Decides which contract applies to a write.

    Args:
        table: Name for messages.
        configuration: Configuration of the request; it replaces the stored contract if it is a contract.
        properties: Properties of the table; empty if it does not exist.
        keys: Upsert keys of the request, separated by commas. They, or those of the table, identify rows of a table
            without a primary key.

    Raises:
        TablesConfigurationError: The stored contract applies and is invalid.
    """
    stored = (
        replaceable_contract(table, properties) if configuration.is_contract else stored_contract(table, properties)
    )
    contract = configuration if configuration.is_contract else stored
    if contract is None:
        return NO_CONTRACT
    checks = contract_checks(contract)
    added = checks.without(contract_checks(stored)) if stored else checks
    known_keys = keys or properties.get(UPSERT_KEYS_PROPERTY, "")
    identity = RowIdentity(contract.primary_key or parse_keys(known_keys), contract.classified_columns)
    return AppliedContract(contract, checks, added, identity)


def replaceable_contract(table: str, properties: Mapping[str, str]) -> TableConfiguration | None:
    """The stored contract; None if it is invalid, so that a valid one can replace it."""
    try:
        return stored_contract(table, properties)
    except DatalakeError:
        return None
