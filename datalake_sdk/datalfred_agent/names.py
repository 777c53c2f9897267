"""Patterns of names in the arguments of tools."""

from __future__ import annotations

from pydantic import Field

IDENTIFIER = r"^[a-z][a-z0-9_]{0,254}$"
NAME = Field(pattern=IDENTIFIER, description="Name without the stage prefix.")
PIPELINE = Field(pattern=IDENTIFIER, description="Name without the environment prefix.")
EXECUTION_NAME = r"^[A-Za-z0-9:_-]{1,512}$"
