"""Measures what the package, each extra and each image install, and writes the tables of `install-weight.md`.

The sizes are those of the locked packages in this environment: the files that pip unpacks, without compiled bytecode.
Packages of images that are not locked are installed into a temporary folder. Import times are medians of separate
processes.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory

from doc_resources.image_layers import DOCKERFILES, layers
from doc_resources.page_parts import table, with_part

PAGE = Path(__file__).parent / "install-weight.md"
ROOT = PAGE.parents[1]
IMPORTS = {
    "": "datalake_sdk.native_python_processing_wrapper",
    "local": "datalake_sdk.platforms.local.sql",
    "aws": "datalake_sdk.platforms.aws.platform",
    "dlt": "datalake_sdk.dlt_sources.load",
    "spark": "pyspark.sql, datalake_sdk.spark_processing_wrapper",
    "openlineage": "openlineage.client, datalake_sdk.ledger.transport",
    "slack": "datalake_sdk.failure_reports.slack",
    "agent": "datalake_sdk.datalfred_agent.chat",
    "init": "datalake_sdk.scaffold, copier",
    "ui": "datalake_sdk.ui.app",
}
"""Modules that each extra is for; the core has an empty name."""
RUNS = 5
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Weight:
    """What an installation consists of: bytes of each package, and the time of the import in seconds."""

    sizes: Mapping[str, int]
    import_seconds: float

    @property
    def megabytes(self) -> float:
        """Size of all packages."""
        return sum(self.sizes.values()) / MEGABYTE


def main() -> None:
    """Rewrites the tables of the page."""
    weights = {extra: Weight(sizes_of(extra), import_seconds(modules)) for extra, modules in IMPORTS.items()}
    every = sizes_of(*filter(None, IMPORTS))
    page = with_part(PAGE.read_text(encoding="utf-8"), "EXTRAS", extras_table(weights, every))
    page = with_part(page, "PACKAGES", packages_table(weights[""].sizes))
    PAGE.write_text(with_part(page, "LAYERS", layers_table()), encoding="utf-8")


def sizes_of(*extras: str) -> dict[str, int]:
    """Returns the size in bytes of the project and of each locked package that it requires with these extras."""
    command = [sys.executable, ROOT / ".ci/locked_requirements.py", *filter(None, extras)]
    locked = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^([\w.-]+)==", locked, re.MULTILINE)
    sources = sum(file.stat().st_size for folder in ("datalake_sdk", "dbt") for file in _sources(ROOT / folder))
    return {"datalake-sdk": sources, **{name: _size(name) for name in names}}


def import_seconds(modules: str) -> float:
    """Returns the time that a new process takes to import modules, beyond the start of Python."""
    return _median_seconds(f"import {modules}") - _median_seconds("pass")


def extras_table(weights: Mapping[str, Weight], every: Mapping[str, int]) -> str:
    """Formats what the core and each extra add to it, and all of them together, as a Markdown table."""
    core = weights[""]
    rows = [
        f"| core | {core.megabytes:.0f} | {len(core.sizes)} | | {core.import_seconds * 1000:.0f} | `{IMPORTS['']}` |"
    ]
    for extra, weight in weights.items():
        if extra:
            added = {name: size for name, size in weight.sizes.items() if name not in core.sizes}
            megabytes = sum(added.values()) / MEGABYTE
            cells = [f"`[{extra}]`", f"+ {megabytes:.1f}", f"+ {len(added)}", _largest(added)]
            rows.append(f"| {' | '.join([*cells, f'{weight.import_seconds * 1000:.0f}', f'`{IMPORTS[extra]}`'])} |")
    rows.append(f"| all extras | {sum(every.values()) / MEGABYTE:.0f} | {len(every)} | | | |")
    head = "| installation | MB | packages | largest additions, MB | import, ms | imported |\n|---|---|---|---|---|---|"
    return "\n".join([head, *rows])


def packages_table(sizes: Mapping[str, int]) -> str:
    """Formats the packages of the core, the largest first, as a Markdown table."""
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    rows = [f"| {name} | {size / MEGABYTE:.1f} |" for name, size in ordered if size >= MEGABYTE]
    small = [size for _, size in ordered if size < MEGABYTE]
    rows.append(f"| {len(small)} others | {sum(small) / MEGABYTE:.1f} |")
    return "\n".join(["| package | MB |\n|---|---|", *rows])


def layers_table() -> str:
    """Formats the layers of packages of each image as a Markdown table."""
    rows = []
    for dockerfile in DOCKERFILES:
        installed: set[str] = set()
        for layer in layers(dockerfile):
            found = sizes_of(*layer.extras) if layer.extras else unlocked_sizes(layer.requirement)
            sizes = [size for name, size in found.items() if layer.is_separate or name not in installed]
            installed |= found.keys()
            figures = f"{sum(sizes) / MEGABYTE:.0f}", str(len(sizes))
            rows.append((f"`{layer.image}`", f"`{layer.base}`", f"`{layer.requirement}`", *figures))
    return table(("image", "base image", "installed in the layer", "MB", "packages"), rows)


@cache
def unlocked_sizes(requirement: str) -> dict[str, int]:
    """Returns the size in bytes of each package that pip installs for a requirement, in its newest version."""
    with TemporaryDirectory() as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", folder, requirement]
        subprocess.run(install, check=True)
        found = {each.name: _unpacked_size(each) for each in distributions(path=[folder])}
    return {re.sub(r"[-_.]+", "-", name).lower(): size for name, size in found.items()}


def _sources(folder: Path) -> Iterable[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def _size(name: str) -> int:
    try:
        return _unpacked_size(distribution(name))
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed: run `make install`")


def _unpacked_size(package: Distribution) -> int:
    unpacked = (Path(str(file.locate())) for file in package.files or [] if file.suffix != ".pyc")
    return sum(file.stat().st_size for file in unpacked if file.exists())


def _median_seconds(program: str) -> float:
    seconds = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def _largest(sizes: Mapping[str, int]) -> str:
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {size / MEGABYTE:.1f}" for name, size in ordered[:3])


if __name__ == "__main__":
    main()
