"""Iceberg tables: how batches become files, and files become commits."""

from datalake_sdk.engine.avro_doubles import read_whole_doubles

read_whole_doubles()
