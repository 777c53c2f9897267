"""Blocks of pages run, and their output is compared; test/behavior/test_page_commands.py runs those of all pages."""

from __future__ import annotations

import re
import socket
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest

from doc_resources.page_blocks import Block, blocks, matches, rewritten
from doc_resources.pages import REPOSITORY, pages

EXTRAS = re.compile(r"datalake-sdk\[([\w,-]+)\]")
PAGES = {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8") for path in pages()}


def test_every_shell_block_runs_or_states_why_not():
    skipped = [
        f"{name}:{block.line}"
        for name, page in PAGES.items()
        for block in blocks(page)
        if block.is_shell and not block.commands and not block.mark
    ]
    assert skipped == [], "write `<!-- not run: reason -->` above the block, or `sh` and `text` for commands and output"


def test_a_block_that_is_run_elsewhere_names_a_test_or_a_page_with_its_commands():
    missing = [
        f"{name}:{block.line}: {block.run_by}"
        for name, page in PAGES.items()
        for block in blocks(page)
        if block.run_by and not _is_run_by(block)
    ]
    assert missing == []


def _is_run_by(block: Block) -> bool:
    if block.run_by not in PAGES:
        return (REPOSITORY / block.run_by).is_file()
    run = "".join(each.commands for each in blocks(PAGES[block.run_by]) if each.is_shell)
    return set(block.text.splitlines()) <= set(run.splitlines())


def test_the_extras_in_pages_exist():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {extra for page in PAGES.values() for found in EXTRAS.findall(page) for extra in found.split(",")}
    assert named - project["optional-dependencies"].keys() == set()


def test_no_shell_block_is_indented():
    assert [
        name for name, page in PAGES.items() if re.search(r"^ +```(sh|shell|bash|console)", page, re.MULTILINE)
    ] == []


def test_only_the_end_of_a_long_output_of_a_failed_block_is_reported():
    with pytest.raises(RuntimeError) as failure:
        rewritten("```sh\nseq 2000\nfalse\n```\n")
    assert str(failure.value).endswith("\n1999\n2000\n")
    assert "\n1000\n" not in str(failure.value)


def test_blocks_run_in_order_in_one_folder():
    page = """
<!-- before: echo hidden > first.txt -->
```yaml
# inputs/second.yaml
seen: [1]
```

```sh
cat first.txt inputs/second.yaml; pwd
```

```text
hidden
# inputs/second.yaml
seen: [1]
/home/ada/shop
```

<!-- not run: needs an account -->
```sh
exit 7
```

<!-- fails -->
```sh
cat missing.txt
```

```text
…
```
"""
    assert rewritten(page) == page


def test_a_server_answers_the_next_block_and_is_stopped_by_the_next_server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ask = f"python -c 'from urllib.request import urlopen; print(urlopen(\"http://127.0.0.1:{port}/name\").read().decode())'"
    page = "".join(
        f"""
<!-- serves: 127.0.0.1:{port} -->
```sh
mkdir {name}
echo {name} > {name}/name
python -m http.server --directory {name} {port}
```

```sh
{ask}
```

```text
{name}

```
"""
        for name in ("first", "second")
    )
    assert rewritten(page) == page
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_server_waits_until_its_port_is_free():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def release():
        with listener, listener.accept()[0]:
            time.sleep(1)

    page = f"""
<!-- serves: 127.0.0.1:{port} -->
```sh
python -m http.server {port}
```
"""
    with ThreadPoolExecutor(1) as pool:
        released = pool.submit(release)
        assert rewritten(page) == page
        released.result()


def test_the_output_of_a_server_that_ends_is_reported():
    with pytest.raises(RuntimeError, match="line 2 of the page failed:\nno such port"):
        rewritten("\n<!-- serves: 127.0.0.1:1 -->\n```sh\necho no such port\nexit 1\n```\n")


def test_a_page_runs_in_a_given_folder(tmp_path):
    (tmp_path / "first.txt").write_text("shared\n")
    page = "```sh\ncat first.txt; pwd\n```\n\n```text\nshared\n/home/ada/shop\n```\n"
    assert rewritten(page, folder=tmp_path) == page


def test_an_output_that_has_changed_is_replaced():
    page = "```sh\necho {}\n```\n\n```text\n{}\n```\n"
    assert rewritten(page.format("2 rows", "1 row")) == page.format("2 rows", "2 rows")


@pytest.mark.parametrize("page", ["\n```sh\nfalse\n```\n", "\n<!-- fails -->\n```sh\ntrue\n```\n"])
def test_an_unexpected_exit_code_is_reported_with_the_line(page):
    with pytest.raises(RuntimeError, match="the block in line 2 of the page failed"):
        rewritten(page)


@pytest.mark.parametrize(
    ("shown", "output", "expected"),
    [
        ("size 1.7 kB\n", "size 12.9 kB\n", True),
        ("at 2026-01-01T00:00:00+00:00 │\n", "at 2027-02-02T11:00:00.123+00:00 │\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("Error: … is missing\n", "Error: x.csv is missing\n", True),
        ("│ a  │\n", "│ a     │\n", True),
        ("rows 2\n", "rows 3\n", False),
        ("a (b)\n", "a b\n", False),
    ],
)
def test_outputs_are_compared_apart_from_varying_values(shown, output, expected):
    assert matches(shown, output) is expected


def test_a_language_other_than_sh_does_not_run():
    assert Block(1, "bash", "true\n").commands == ""
