"""Lists, shows, replays and drops the rows that violated the contract of a table."""
