"""dbt's test suite for adapters: the tests of every base class in `dbt.tests.adapter`.

`DATALAKE_DBT_SUITE=all` runs the whole suite, otherwise only one representative class runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import dbt.tests.adapter
import pytest

REPRESENTATIVE = ("utils.test_dateadd.BaseDateAdd",)
UNSUPPORTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "The lake has no views.": (
            "basic.test_base.",
            "basic.test_docs_generate.",
            "basic.test_ephemeral.",
            "basic.test_generic_tests.",
            "ephemeral.test_ephemeral.BaseEphemeralMulti",
            "ephemeral.test_ephemeral.BaseEphemeralNested",
            "relations.test_changing_relation_type.",
        ),
        "Athena does not convert strings to dates and times, or text such as '2020-01-01 00:00:00-0' to timestamps.": (
            "incremental.test_incremental_microbatch.",
            "incremental.test_incremental_unique_id.",
            "utils.test_date_spine.",
        ),
        "Models are SQL, not Python.": ("python_model.",),
        "Athena has no user-defined functions in SQL.": ("functions.",),
        "Permissions are managed with Terraform.": ("grants.",),
        "A table is written by one commit; it is neither cloned nor changed by ALTER, UPDATE or TRUNCATE.": (
            "basic.test_snapshot_check_cols.",
            "basic.test_snapshot_timestamp.",
            "dbt_clone.",
            "empty.test_empty.MetadataWithEmptyFlag",
        ),
        "A merge updates all columns of the query and has no predicates.": (
            "incremental.test_incremental_merge_exclude_columns.",
            "incremental.test_incremental_predicates.",
        ),
        "Columns are never removed.": ("incremental.test_incremental_on_schema_change.",),
        "The message for an unknown strategy is that of the SDK.": (
            "basic.test_incremental.BaseIncrementalBadStrategy",
        ),
        "The test requires an option of dbt-core 1.12.": ("empty.test_empty.BaseTestEmptySeedFlag",),
    }
)


def _base_classes() -> Iterator[type]:
    folder = Path(dbt.tests.adapter.__path__[0])
    for file in sorted(folder.rglob("test_*.py")):
        path = ".".join(file.relative_to(folder).with_suffix("").parts)
        module = import_module(f"dbt.tests.adapter.{path}")
        for name, value in vars(module).items():
            is_own = isinstance(value, type) and value.__module__ == module.__name__
            if is_own and not name.startswith("Test") and any(each.startswith("test") for each in dir(value)):
                yield value


def _subclass(name: str, path: str, base: type) -> type:
    members: dict[str, object] = {"__module__": __name__}
    reason = next((reason for reason, paths in UNSUPPORTED.items() if path.startswith(paths)), None)
    if reason is not None:
        members["pytestmark"] = pytest.mark.skip(reason)
    if path.startswith("simple_snapshot.test_snapshot."):
        # The tests add hours to a column that would be inferred as date.
        types = {"seeds": {"+column_types": {"updated_at": "timestamp"}}}
        members["project_config_update"] = pytest.fixture(scope="class")(lambda self: types)
    return type(name, (base,), members)


for base in _base_classes():
    path = f"{base.__module__.removeprefix('dbt.tests.adapter.')}.{base.__name__}"
    if os.environ.get("DATALAKE_DBT_SUITE") == "all" or path in REPRESENTATIVE:
        name = f"Test_{base.__module__.rpartition('test_')[2]}_{base.__name__.removeprefix('Base')}"
        globals()[name] = _subclass(name, path, base)
