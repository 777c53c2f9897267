from __future__ import annotations

import inspect

import yaml

from datalake_sdk import errors
from doc_resources import error_catalogue

EXAMPLES = yaml.safe_load((error_catalogue.PAGE.parent / "error_examples.yaml").read_text(encoding="utf-8"))


def test_the_catalogue_of_errors_is_current():
    assert error_catalogue.PAGE.read_text(encoding="utf-8") == error_catalogue.page(), "run `make docs`"


def test_every_error_has_a_cause_and_a_remedy():
    assert [
        error.__name__
        for error in error_catalogue.public_errors()
        if not error_catalogue.cause(error).endswith(".")
        or not (error_catalogue.example(error).hint or error_catalogue.remedy(error))
    ] == []


def test_examples_name_existing_parameters():
    assert [
        (name, parameter)
        for name, given in EXAMPLES["errors"].items()
        for parameter in given
        if parameter not in inspect.signature(getattr(errors, name)).parameters
    ] == []
