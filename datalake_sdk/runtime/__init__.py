"""The contract between a task and what starts it."""
