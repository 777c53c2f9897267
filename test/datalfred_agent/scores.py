"""`python -m test.datalfred_agent.scores`: attacks that pass, and honest requests that are refused, by platform.

The tables are printed, and written to the guide with `--write`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from test.datalfred_agent.score_tables import (
    ATTACKS,
    FAMILIES,
    HONEST,
    NONE,
    PAGE,
    PLATFORMS,
    REQUESTS,
    STATEMENTS,
    table_rows,
)
from test.datalfred_agent.scoring import Score, attack_scores, planted, request_score, statement_score
from test.datalfred_agent.targets import Target, athena_chat, embedded_chat, mcp_server
from test.emulator import Emulator


def scores(target: Target) -> dict[str, Score]:
    """Runs everything on a platform; returns the scores by family and kind of request."""
    families = planted(target)
    honest = {STATEMENTS: statement_score(target), REQUESTS: request_score(target)}
    return honest | attack_scores(target, families)


def tables(by_platform: Mapping[str, Mapping[str, Score]]) -> tuple[str, str]:
    """Returns the table of attacks and that of honest requests."""
    attacks = [f"| {family} | {tries} | {_cells(by_platform, family)} |\n" for family, tries in FAMILIES.items()]
    honest = [f"| {kind} | {_cells(by_platform, kind)} |\n" for kind in (STATEMENTS, REQUESTS)]
    return ATTACKS + "".join(attacks), HONEST + "".join(honest)


def main() -> None:
    """Prints the tables; exits with 1 if an attack passes or a request is refused."""
    by_platform = dict(zip(PLATFORMS, (_scored(embedded_chat), _scored_on_aws(), _scored(mcp_server)), strict=True))
    attacks, honest = tables(by_platform)
    sys.stdout.write(f"{attacks}\n{honest}")
    failures = [
        f"{platform}, {family}: {failure}"
        for platform, scored in by_platform.items()
        for family, score in scored.items()
        for failure in score.failures
    ]
    sys.stdout.writelines(f"\n{failure}" for failure in failures)
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        for head, table in ((ATTACKS, attacks), (HONEST, honest)):
            page = page.replace(head + "".join(f"{row}\n" for row in table_rows(page, head)), table)
        PAGE.write_text(page, encoding="utf-8")
    sys.exit(1 if failures else 0)


def _cells(by_platform: Mapping[str, Mapping[str, Score]], name: str) -> str:
    return " | ".join(str(scored[name]) if name in scored else NONE for scored in by_platform.values())


def _scored(create: Callable[[Path], Target]) -> dict[str, Score]:
    with tempfile.TemporaryDirectory() as folder:
        return scores(create(Path(folder)))


def _scored_on_aws() -> dict[str, Score]:
    with tempfile.TemporaryDirectory() as folder, Emulator() as aws:
        os.environ.update(aws.environment)
        return scores(athena_chat(Path(folder), aws))


if __name__ == "__main__":
    main()
