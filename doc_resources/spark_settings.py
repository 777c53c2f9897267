"""Generates the tables of settings in `spark.md` from the code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from datalake_sdk.spark_engine.settings import (
    EVERYWHERE,
    ON_EMR,
    AwsConnection,
    Setting,
    TableBucket,
    in_lake,
    in_table_bucket,
    on_aws,
    on_this_machine,
    packages,
)
from datalake_sdk.spark_engine.versions import SPARK_4_0

PAGE = Path(__file__).parent / "spark.md"
TABLES: dict[str, Sequence[Setting]] = {
    "Every session": EVERYWHERE,
    "Embedded lake": in_lake(Path("/lake")),
    "AWS": list(on_aws(AwsConnection("eu-west-1", "http://glue", "http://s3"))),
    "Table bucket": list(
        in_table_bucket(
            TableBucket(
                "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop-sales-dev-tables",
                "https://s3tables.eu-west-1.amazonaws.com/iceberg",
            ),
            AwsConnection("eu-west-1"),
        )
    ),
    "Sessions started by the SDK": on_this_machine(
        packages(SPARK_4_0, on_aws=False), Path("/tmp/datalake_sdk-1000-4711-x")
    ),
    "EMR Serverless": ON_EMR,
}
_HEAD = "| setting | value | reason | fixed |\n|---|---|---|---|\n"


def rewritten(page: str) -> str:
    """Returns the page with every table regenerated.

    Raises:
        ValueError: A heading or its table is missing.
    """
    for heading, settings in TABLES.items():
        table = re.compile(rf"(### {heading}\n\n(?:[^#|]*\n)?){re.escape(_HEAD)}(?:\|.*\n)*")
        page, found = table.subn(rf"\g<1>{_HEAD}{''.join(map(_row, settings))}", page)
        if found != 1:
            raise ValueError(f"{PAGE.name} has no table under '### {heading}'")
    return page


def _row(setting: Setting) -> str:
    fixed = "yes" if setting.fixed else ""
    return f"| `{setting.name}` | `{setting.value}` | {setting.reason} | {fixed} |\n"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
