"""Names agree with the golden cases that the Terraform modules read too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalake_sdk import naming

CASES = json.loads((Path(__file__).parent / "naming_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_name_is_what_the_golden_case_says(case):
    assert getattr(naming, case["function"])(*case["arguments"]) == case["name"]
