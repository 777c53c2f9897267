"""Copies tables from one stage to another."""
