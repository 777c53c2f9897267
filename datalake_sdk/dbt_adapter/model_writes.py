"""Translates the configuration of a dbt node to a write; does not import dbt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from datalake_sdk.errors import MissingModelSettingError, UnsupportedModelSettingError
from datalake_sdk.output_tables import output_table_from
from datalake_sdk.settings import (
    EmptyBatch,
    IngestionMode,
    IngestionRequest,
    PartitionInterval,
    PartitionSelection,
    TableName,
    join_keys,
    new_ingestion_id,
    parse_keys,
    partition_selection,
)
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

REPLACE = "table"
"""Strategy of tables, seeds, first runs and `--full-refresh`."""
MERGE = "merge"
INSERT_OVERWRITE = "insert_overwrite"
MICROBATCH = "microbatch"
INCREMENTAL_STRATEGIES = ("append", MERGE, INSERT_OVERWRITE, MICROBATCH)

_MODES: Mapping[str, IngestionMode] = MappingProxyType(
    {
        REPLACE: IngestionMode.OVERWRITE,
        "append": IngestionMode.APPEND,
        MERGE: IngestionMode.UPSERT,
        INSERT_OVERWRITE: IngestionMode.OVERWRITE_PARTITIONS,
        MICROBATCH: IngestionMode.OVERWRITE_PARTITIONS,
    }
)
_UPSERT_OPTIONS = ("on_duplicate", "order_by", "delete_when")
_UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        "merge_update_columns": "A merge updates the columns of the query: select only those.",
        "merge_exclude_columns": "A merge updates the columns of the query: select only those.",
        "incremental_predicates": "Filter the rows in the query of the model.",
        "predicates": "Filter the rows in the query of the model.",
        "grants": "Permissions are managed with Terraform: remove `grants`.",
        "sql_header": "A model is one SELECT: remove `sql_header`.",
    }
)


def write_request(
    table: TableName,
    node: Mapping[str, Any],
    strategy: str,
    *,
    keys: object = None,
    ingestion_id: str | None = None,
    properties: Mapping[str, str] = MappingProxyType({}),
) -> IngestionRequest:
    """Returns the write of a node's rows.

    Args:
        table: Table of the node.
        node: The node as dbt passes it to macros: `config`, `columns`, `description` and, of a microbatch, `batch`.
        strategy: An incremental strategy, or `table`.
        keys: Key columns of a merge, as a list or separated by commas; None is `unique_key` of the configuration.
        ingestion_id: Idempotency key; None is random.
        properties: Table properties to set.

    Raises:
        UnsupportedModelSettingError: A setting has no equivalent in the write contract.
        MissingModelSettingError: The strategy requires a setting.
        DatalakeError: A setting has an invalid value.
    """
    config = node["config"]
    _check_settings(table, config, strategy)
    partition_keys = _partition_keys(table, config, strategy)
    fields = {"ingestion_mode": _MODES[strategy], "partition_keys": partition_keys}
    upsert_keys: tuple[str, ...] = ()
    if strategy == MERGE:
        upsert_keys = _upsert_keys(table, keys or config.get("unique_key"))
        fields |= {option: config[option] for option in _UPSERT_OPTIONS if config.get(option) is not None}
    output = output_table_from(str(table), fields)
    return IngestionRequest(
        table=table,
        mode=output.ingestion_mode,
        upsert_keys=upsert_keys,
        partition_keys=output.partition_keys,
        configuration=_configuration(node),
        ingestion_id=ingestion_id or new_ingestion_id(),
        properties=properties,
        empty=EmptyBatch.REPLACE if strategy == REPLACE else EmptyBatch.IGNORE,
        partitions=_partitions(node, strategy),
        on_duplicate=output.on_duplicate,
        order_by=output.order_by,
        delete_when=output.delete_when,
    )


def _check_settings(table: TableName, config: Mapping[str, Any], strategy: str) -> None:
    if strategy not in _MODES:
        hint = f"Use one of {', '.join(INCREMENTAL_STRATEGIES)}."
        raise UnsupportedModelSettingError(table, "incremental_strategy", strategy, hint)
    for setting, hint in _UNSUPPORTED.items():
        if config.get(setting):
            raise UnsupportedModelSettingError(table, setting, config[setting], hint)
    for option in _UPSERT_OPTIONS:
        if config.get(option) is not None and strategy not in (MERGE, REPLACE):
            raise UnsupportedModelSettingError(table, option, config[option], f"It applies to the strategy '{MERGE}'.")


def _upsert_keys(table: TableName, keys: object) -> tuple[str, ...]:
    if not keys:
        raise MissingModelSettingError(table, MERGE, "unique_key", "`unique_key: order_id`")
    return parse_keys(keys if isinstance(keys, str) else [str(key) for key in keys])  # type: ignore[attr-defined]


def _partition_keys(table: TableName, config: Mapping[str, Any], strategy: str) -> tuple[str, ...] | None:
    keys = parse_keys(config.get("partition_keys"))
    if strategy == INSERT_OVERWRITE and not keys:
        raise MissingModelSettingError(table, strategy, "partition_keys", "`partition_keys: ['day(ordered_at)']`")
    batch_key = _batch_key(config)
    if batch_key is None or batch_key in keys:
        return keys or None
    if keys:
        hint = f"Include '{batch_key}', so that each batch replaces its own partitions, or remove partition_keys."
        raise UnsupportedModelSettingError(table, "partition_keys", join_keys(keys), hint)
    return (batch_key,)


def _batch_key(config: Mapping[str, Any]) -> str | None:
    """Partition key of a microbatch model: one partition for each batch."""
    if config.get("incremental_strategy") != MICROBATCH or not config.get("event_time"):
        return None
    size = config.get("batch_size")
    return f"{getattr(size, 'value', size)}({config['event_time']})"


def _partitions(node: Mapping[str, Any], strategy: str) -> PartitionSelection | None:
    config = node["config"]
    if strategy == MICROBATCH:
        batch, key = node.get("batch") or {}, _batch_key(config)
        bounds = [batch.get("event_time_start"), batch.get("event_time_end")]
        return {key: PartitionInterval(*bounds)} if key and all(bounds) else None
    if strategy == INSERT_OVERWRITE and config.get("partitions"):
        return partition_selection(config["partitions"])
    return None


def _configuration(node: Mapping[str, Any]) -> TableConfiguration:
    columns = node.get("columns") or {}
    types = node["config"].get("column_types") or {}
    return TableConfiguration(
        node.get("description") or None,
        {
            name: ColumnConfiguration(types.get(name), (columns.get(name) or {}).get("description") or None)
            for name in {**columns, **types}
        },
    )
