"""The example of the Spark wrapper runs in the session of its page."""

from __future__ import annotations

from pathlib import Path

import pytest

import datalake_sdk
from doc_resources import python_reference
from test.behavior.test_python_examples import NEEDS_SPARK, run


@pytest.mark.filterwarnings("ignore")
def test_the_example_of_the_spark_wrapper_follows_that_of_the_native_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(python_reference.ORDERS, encoding="utf-8")
    names = {name: getattr(datalake_sdk, name) for name in datalake_sdk.__all__}
    examples = dict(python_reference.examples())
    for name in ("NativePythonProcessingWrapper", NEEDS_SPARK):
        run(name, examples[name], names)
