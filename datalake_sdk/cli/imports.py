"""Faster imports of heavy libraries: the only module that changes how they are imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

_RARELY_USED = frozenset({"pyiceberg.expressions.parser", "strictyaml"})
"""pyiceberg's parsers of filters in text and of its configuration file."""


def import_libraries() -> None:
    """Imports pyarrow and pyiceberg without the parts that a small ingestion does not need.

    Commands that run user code must not call this, because pyarrow is imported without pandas.
    """
    if "pandas" not in sys.modules:
        _import_arrow_without_pandas()
    _import_iceberg()


def _import_arrow_without_pandas() -> None:
    """Hides pandas, which pyarrow tries to import when it creates its first array; it caches the outcome.

    Later conversions of pandas objects are wrong. https://github.com/apache/arrow/blob/main/python/pyarrow/pandas-shim.pxi
    """
    with _finder(_HiddenPandas()), _options_without_documentation():
        # pyiceberg imports this module anyway; it creates an array.
        import pyarrow.dataset  # noqa: F401


def _import_iceberg() -> None:
    with _finder(_LazyFinder()), _models_built_on_first_use():
        import pyiceberg.catalog
        import pyiceberg.io.pyarrow  # noqa: F401


class _HiddenPandas:
    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is hidden from pyarrow", name=name)


class _LazyFinder:
    """Finds modules that are executed when one of their attributes is used."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in _RARELY_USED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


class _NoDocumentation(dict[str, tuple[()]]):
    def __missing__(self, _section: str) -> tuple[()]:
        return ()


@contextmanager
def _finder(finder: Any) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _options_without_documentation() -> Iterator[None]:
    """Imports pyarrow.compute without parsing the docstrings of all options, which it copies to those of its functions.

    https://github.com/apache/arrow/blob/main/python/pyarrow/compute.py
    """
    name = "pyarrow.vendored.docscrape"
    parser = ModuleType(name)
    parser.NumpyDocString = lambda _docstring: _NoDocumentation()  # type: ignore[attr-defined]
    sys.modules.setdefault(name, parser)
    try:
        yield
    finally:
        if sys.modules[name] is parser:
            del sys.modules[name]


@contextmanager
def _models_built_on_first_use() -> Iterator[None]:
    """Makes `defer_build` the default of pydantic, as pyiceberg has more than a hundred models.

    https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
    """
    from pydantic._internal._config import config_defaults

    before = config_defaults["defer_build"]
    config_defaults["defer_build"] = True
    try:
        yield
    finally:
        config_defaults["defer_build"] = before
