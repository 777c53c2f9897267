"""Project files of dbt tasks, which are read before dbt is imported."""

from __future__ import annotations

import pytest

from datalake_sdk.dbt_adapter.task import DbtTask
from datalake_sdk.errors import DbtProjectError


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "is not valid YAML"), ("vars: {start: 2026-02-30}", "day is out of range"), ("- a", "is not a mapping")],
)
def test_an_invalid_project_is_an_error(tmp_path, content, message):
    (tmp_path / "dbt_project.yml").write_text(content)
    with pytest.raises(DbtProjectError, match=message):
        DbtTask(tmp_path, "sales", [], [], {}, "2026-01-31").build()
