from __future__ import annotations

from pathlib import Path

from poetry.core.factory import Factory
from poetry.core.masonry.builders.wheel import WheelBuilder

REPOSITORY = Path(__file__).parents[3]
PAGES = REPOSITORY / "datalake_sdk/ui"


def test_the_wheel_contains_templates_and_static_files():
    builder = WheelBuilder(Factory().create_poetry(REPOSITORY))
    packed = {file.relative_to_project_root() for file in builder.find_files_to_add()}
    needed = {file.relative_to(REPOSITORY) for folder in ("templates", "static") for file in (PAGES / folder).iterdir()}
    assert len(needed) > 10
    assert needed - packed == set()


def test_pages_refer_to_no_other_server():
    texts = [file.read_text() for folder in ("templates", "static") for file in (PAGES / folder).iterdir()]
    assert [
        text for text in texts if "https://" in text or "http://" in text.replace("http://www.w3.org/2000/svg", "")
    ] == []


def test_templates_have_no_inline_code_or_styles():
    texts = [file.read_text() for file in (PAGES / "templates").iterdir()]
    assert [
        word for word in (" style=", "<style", " onclick", "javascript:") if any(word in text for text in texts)
    ] == []
    assert not any("<script>" in text or "|safe" in text for text in texts)
