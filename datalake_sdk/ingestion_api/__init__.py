"""The ingestion API: accepts rows over HTTP, and writes them to an Iceberg table in batches."""
