"""Faster imports of heavy libraries: the only module that changes how they are imported."""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

_RARELY_USED = frozenset({"pyiceberg.expressions.parser", "strictyaml"})
"""pyiceberg's parsers of filters in text and of its configuration file."""
_PACKAGES_WITH_DATACLASSES = frozenset({"annotated_types", "datalake_sdk", "duckdb", "pydantic", "pyiceberg"})


@contextmanager
def uncollected_imports() -> Iterator[None]:
    """Collects nothing during imports, and excludes the imported objects from later collections.

    DuckDB's own modules must not be frozen: it reports them as leaked.
    https://nanobind.readthedocs.io/en/latest/refleaks.html
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        if "duckdb" not in sys.modules:
            gc.freeze()


@uncollected_imports()
def import_libraries() -> None:
    """Imports pyarrow and pyiceberg without the parts that a small ingestion does not need.

    Commands that run user code must not call this, because pyarrow is imported without pandas.
    """
    _defer_methods_of_dataclasses()
    # Threads for linear algebra spin while they wait for work, and plugins are searched in all installed distributions.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
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


def _defer_methods_of_dataclasses() -> None:
    """Generates the methods of dataclasses when they are first called, as most classes of a command are not used.

    Generating those of a class takes 0.5 ms. https://github.com/python/cpython/blob/3.13/Lib/dataclasses.py
    """
    builder = getattr(dataclasses, "_FuncBuilder", None)
    if builder is None or builder.add_fns_to_class is _add_placeholders:
        return
    builder.generate_methods = builder.add_fns_to_class
    builder.add_fns_to_class = _add_placeholders


def _add_placeholders(builder: Any, cls: type) -> None:
    is_selected = cls.__module__.partition(".")[0] in _PACKAGES_WITH_DATACLASSES
    if not is_selected or any(name in vars(cls) for name in builder.names if name not in builder.unconditional_adds):
        builder.generate_methods(cls)
        return
    for name, source in zip(builder.names, builder.src, strict=True):
        setattr(cls, name, _placeholder(cls, name, builder, source))


def _placeholder(cls: type, name: str, builder: Any, source: str) -> Any:
    def placeholder(self: Any, *arguments: Any, **named: Any) -> Any:
        method = _generated(cls, name, builder, source)
        # A class with slots is a copy of the class for which methods are generated.
        for each in type(self).__mro__:
            if vars(each).get(name) is placeholder:
                setattr(each, name, method)
        return method(self, *arguments, **named)

    return placeholder


def _generated(cls: type, name: str, builder: Any, source: str) -> Any:
    alone = type(builder)(builder.globals)
    alone.names, alone.src, alone.locals = [name], [source], builder.locals
    target = type(cls.__name__, (), {"__qualname__": cls.__qualname__})
    alone.unconditional_adds[name] = True
    alone.generate_methods(target)
    return vars(target)[name]
