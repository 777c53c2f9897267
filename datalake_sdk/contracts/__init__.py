"""What a table promises: parsing, serialization and the checks of a contract."""
