"""Renders pages with their templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from datalake_sdk.sizes import size_text
from datalake_sdk.terminal_text import printable
from datalake_sdk.ui import formats
from datalake_sdk.ui.page import Links, Page
from datalake_sdk.ui.security import CONTENT_SECURITY_POLICY

SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tables", "Tables", ()),
    ("lineage", "Lineage", ("lineage",)),
    ("pipelines", "Pipelines", ("pipelines",)),
    ("runs", "Runs", ("runs",)),
    ("cost", "Cost", ("cost",)),
)
"""Name, label and path of the sections of the navigation."""


@dataclass(frozen=True)
class Frame:
    """What is the same on every page of a site.

    Args:
        environment: Name of the environment.
        prefix: Prefix of the databases of the stage.
        sections: Sections of the navigation.
        version: Version of the SDK.
        content_security_policy: Policy of static pages, which have no headers.
    """

    environment: str
    prefix: str
    sections: tuple[tuple[str, str, tuple[str, ...]], ...] = SECTIONS
    version: str = version("datalake-sdk")
    content_security_policy: str = CONTENT_SECURITY_POLICY


def render(page: Page, frame: Frame, links: Links, now: datetime | None = None) -> str:
    """Renders a page as HTML.

    Args:
        page: The page.
        frame: What is the same on every page.
        links: References from the page to others.
        now: Time of the page; None is the current time.
    """
    shown_at = now or datetime.now(UTC)
    template = _environment().get_template(f"{page.template}.html")
    return template.render(page=page, model=page.model, frame=frame, links=links, now=shown_at)


def compile_templates() -> None:
    """Compiles all templates, so that no page waits for it."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("datalake_sdk.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.number,
        size=size_text,
        instant=formats.instant,
        age=formats.age,
        duration=formats.duration,
        dollars=formats.dollars,
    )
    return environment


def _visible(value: Any) -> Any:
    """Removes characters that hide or reorder text, such as in names and cells."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
