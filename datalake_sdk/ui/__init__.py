"""The data catalogue in the browser: read-only pages over the operations."""
