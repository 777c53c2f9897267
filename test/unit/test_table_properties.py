"""The page of table properties is generated from the declarations of the package."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.operations.tables_configuration import read_table_file
from doc_resources import table_properties

INTERNAL = [constant.name for constant in table_properties.constants(table_properties.PROPERTIES)]


def test_the_tables_of_table_properties_are_current():
    page = table_properties.PAGE.read_text(encoding="utf-8")
    assert page == table_properties.rewritten(page), "run `make docs`"


@pytest.mark.parametrize("name", INTERNAL)
def test_a_table_file_cannot_set_an_internal_property(name, tmp_path):
    file = tmp_path / "sales.orders.yaml"
    file.write_text(f'properties: {{{name.replace("*", "some")}: "1"}}')
    with pytest.raises(TablesConfigurationError, match="is set by the SDK"):
        read_table_file(file)


def test_a_constant_without_a_docstring_is_named(tmp_path, monkeypatch):
    (tmp_path / "module.py").write_text('SOME_PROPERTY = "datalake_sdk_some"\n')
    monkeypatch.setattr(table_properties, "PACKAGE", tmp_path)
    with pytest.raises(ValueError, match="datalake_sdk/module.py:1: datalake_sdk_some has no docstring"):
        table_properties.rewritten(table_properties.PAGE.read_text(encoding="utf-8"))
