"""The reference of the Python API is current and has examples."""

from __future__ import annotations

from doc_resources import python_reference
from doc_resources.docstrings import Docstring

NEEDS_SPARK = "SparkProcessingWrapper"
WITHOUT_EXAMPLE = {
    **{f"{name}.as_dict": "has no arguments" for name in ("IngestionResult", "MaintainedTable", "RedshiftExport")},
    "BaseProcessingWrapper": "is not used itself",
    "BaseProcessingWrapper.boto_session": "needs AWS",
    "BaseProcessingWrapper.close": "is called by the SDK",
    "BaseProcessingWrapper.export_redshift": "needs Redshift",
    "RedshiftExport": "needs Redshift",
    "TestLake": "is created by the fixture `lake`",
}


def test_the_python_reference_is_current():
    assert python_reference.PAGE.read_text(encoding="utf-8") == python_reference.page(), "run `make docs`"


def test_every_public_class_method_and_fixture_has_an_example():
    without = {name for name, example in python_reference.examples() if not example}
    # The methods for Spark are those of the native class.
    assert {name for name in without if not name.startswith(f"{NEEDS_SPARK}.")} == set(WITHOUT_EXAMPLE)
    assert all(Docstring.of(fixture).example for fixture in python_reference.FIXTURES.values())
