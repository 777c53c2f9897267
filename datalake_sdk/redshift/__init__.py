"""Copies of tables in Amazon Redshift: column types, staged values and SQL statements. Calls no service."""
