"""Iceberg tables: writes record batches as data files and commits the files as snapshots."""
