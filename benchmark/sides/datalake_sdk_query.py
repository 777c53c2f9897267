"""The operation that `datalake_sdk query` calls, and the lakes that it reads."""

from __future__ import annotations

from benchmark.sides.datalake_sdk import TABLE, append, platform, upsert
from benchmark.sides.query import AGGREGATE
from datalake_sdk.engine.table_properties import MERGE_MODE, MERGE_ON_READ
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.lookup import load_table


def append_for_reading(folder: str, path: str, replacements: str) -> dict[str, list[str]]:
    """Creates a lake without deleted rows, `whole`, and one whose rows are partly deleted and inserted again, `marked`.

    Returns:
        Paths of the data files of each.
    """
    whole, marked = f"{folder}/whole", f"{folder}/marked"
    for lake in (whole, marked):
        append(lake, path)
    with load_table(platform(marked), TABLE).transaction() as transaction:
        transaction.set_properties({MERGE_MODE.name: MERGE_ON_READ})
    upsert(marked, replacements, ["id"])
    return {"whole": _data_files(whole), "marked": _data_files(marked)}


def aggregate(folder: str) -> int:
    """Returns the number of rows that the query read."""
    result = query(platform(folder), AGGREGATE.format(source="dev_bench.rows")).read_all()
    return sum(result["number"].to_pylist())


def _data_files(folder: str) -> list[str]:
    tasks = load_table(platform(folder), TABLE).scan().plan_files()
    return [task.file.file_path.removeprefix("file://") for task in tasks]
