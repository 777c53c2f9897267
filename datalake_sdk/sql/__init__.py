"""Athena's SQL: parsed and checked once for every platform, translated for DuckDB and Spark."""
