"""Entries that the SDK adds to the summary of each snapshot."""

INGESTION_ID_SUMMARY = "datalake_sdk_ingestion_id"
MODE_SUMMARY = "datalake_sdk_ingestion_mode"
STRATEGY_SUMMARY = "datalake_sdk_upsert_strategy"
CHECKS_SUMMARY = "datalake_sdk_checks"
