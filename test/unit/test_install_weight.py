"""The page of the install size lists every extra, every image and their layers; its figures are measured by hand."""

from __future__ import annotations

import tomllib

import pytest

from doc_resources import install_weight
from doc_resources.image_layers import DOCKERFILES, ROOT, layers

PAGE = install_weight.PAGE.read_text(encoding="utf-8")
DEVELOPMENT = {"bench", "dev"}


def test_every_extra_is_measured_and_listed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - DEVELOPMENT
    assert set(install_weight.IMPORTS) - {""} == extras
    assert [extra for extra in extras if f"| `[{extra}]` |" not in PAGE] == []


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_layers_of_every_image_are_listed(dockerfile):
    found = list(layers(dockerfile))
    installs = dockerfile.read_text(encoding="utf-8").count("pip install")
    skipped = ("${EXTRA}", "--requirement requirements.txt")
    assert len(found) == installs - sum(dockerfile.read_text(encoding="utf-8").count(each) for each in skipped)
    for layer in found:
        assert f"| `{layer.image}` | `{layer.base}` | `{layer.requirement}` |" in PAGE
