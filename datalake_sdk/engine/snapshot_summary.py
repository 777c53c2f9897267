"""Entries that the SDK adds to the summary of each snapshot."""

INGESTION_ID_SUMMARY = "datalake_sdk_ingestion_id"
"""Ingestion id of the write."""
MODE_SUMMARY = "datalake_sdk_ingestion_mode"
"""Ingestion mode of the write."""
STRATEGY_SUMMARY = "datalake_sdk_upsert_strategy"
"""How an upsert replaced rows, and why."""
CHECKS_SUMMARY = "datalake_sdk_checks"
"""Results of the checks of the contract, as a JSON array: `name` and, unless they have their default, `column`,
`severity` (`error`), `on_violation` (`fail`), `violations` (0), `passed` (true) and the measured `value`."""
