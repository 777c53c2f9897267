"""Names match the golden cases, which the Terraform tests also read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalake_sdk import naming

CASES = json.loads((Path(__file__).parent / "naming_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_names_match_the_golden_cases(case):
    assert getattr(naming, case["function"])(*case["arguments"]) == case["name"]
