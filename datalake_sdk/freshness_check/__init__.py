"""The function that notifies operators of tables that break the promises of their contracts about age."""
