"""The run ledger: what ran, what it read and wrote, and how it ended, as OpenLineage events.

`model` defines the events, `openlineage` converts them, `recording` records runs, `delivery` writes events in the
background, `reading` lists and finds runs.
"""
