"""One dbt project of three models, on an embedded lake and on a DuckDB database."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from benchmark.sides.datalake_sdk import append

_MODELS = {
    "valid": "{{ config(materialized='table') }} select * from {{ source('bench', 'rows') }} where id is not null",
    "latest": (
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}"
        " select * from {{ ref('valid') }}{% if is_incremental() %} where id % 100 = 0{% endif %}"
    ),
    "by_category": (
        "{{ config(materialized='table') }} select category, count(*) as number from {{ ref('latest') }} group by 1"
    ),
}


def lake(folder: str, path: str) -> None:
    """Writes the project, with its source in an embedded lake."""
    append(folder, path)
    _write(Path(folder, "project"), {"type": "datalake", "schema": "mart", "local_root": folder}, "bench")


def database(folder: str, path: str) -> None:
    """Writes the project, with its source in a DuckDB database."""
    file = f"{folder}/lake.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute(f"CREATE SCHEMA bench; CREATE TABLE bench.rows AS FROM read_parquet('{path}')")
    _write(Path(folder, "project"), {"type": "duckdb", "schema": "mart", "path": file}, "bench")


def build(folder: str, times: int) -> int:
    """Builds the project and returns the number of models that succeeded in the last build."""
    from dbt.cli.main import dbtRunner

    project = f"{folder}/project"
    options = ["--quiet", "run", "--project-dir", project, "--profiles-dir", project]
    results = [dbtRunner().invoke(options).result for _ in range(times)]
    return sum(result.status == "success" for result in results[-1])


def _write(folder: Path, output: dict[str, object], schema: str) -> None:
    (folder / "models").mkdir(parents=True)
    profile = {"bench": {"target": "bench", "outputs": {"bench": {**output, "threads": 2}}}}
    project = {"name": "bench", "profile": "bench", "flags": {"send_anonymous_usage_stats": False}}
    sources = {"sources": [{"name": "bench", "schema": schema, "tables": [{"name": "rows"}]}]}
    # JSON is YAML: https://yaml.org/spec/1.2.2/#103-json-schema
    (folder / "profiles.yml").write_text(json.dumps(profile))
    (folder / "dbt_project.yml").write_text(json.dumps(project))
    (folder / "models/sources.yml").write_text(json.dumps(sources))
    for name, sql in _MODELS.items():
        (folder / f"models/{name}.sql").write_text(sql)
