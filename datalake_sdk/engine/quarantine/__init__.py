"""Rows that violate the contract of a table, stored in a second table: its quarantine."""
