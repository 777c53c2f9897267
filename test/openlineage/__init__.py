"""Validates events with the official schemas of OpenLineage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

_HERE = Path(__file__).parent
_OWN_FACETS = _HERE.parents[1] / "doc_resources/openlineage/DatalakeSdkFacets.json"
_ENTITIES = ("run", "job")


def validate(event: Mapping[str, Any]) -> None:
    """Checks an event, and each of its facets by the schema that the facet names.

    Raises:
        jsonschema.ValidationError: A field is missing or invalid.
        referencing.exceptions.Unresolvable: The schema of a facet does not exist.
    """
    _validator(event["schemaURL"]).validate(event)
    datasets = [*event["inputs"], *event["outputs"]]
    facets = [event[entity]["facets"] for entity in _ENTITIES]
    facets += [dataset.get(name, {}) for dataset in datasets for name in ("facets", "inputFacets", "outputFacets")]
    for facet in (facet for group in facets for facet in group.values()):
        _validator(facet["_schemaURL"]).validate(facet)


@cache
def _validator(url: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": url}, registry=_registry(), format_checker=FormatChecker())


@cache
def _registry() -> Registry[Any]:
    files = [*_HERE.glob("*.json"), *_HERE.glob("facets/*.json"), _OWN_FACETS]
    schemas = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return Registry().with_resources([(each["$id"], Resource.from_contents(each)) for each in schemas])
