"""Ingest, query and delete Iceberg tables, on a laptop as on AWS."""
