"""Checks of contracts on Arrow tables and on the files of a table."""
