"""Iceberg tables: how batches become files, and files become commits."""
