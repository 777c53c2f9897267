"""A value of every Arrow type is stored unchanged in a column of every Iceberg type, or rejected with a hint."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyiceberg.schema import Schema

from datalake_sdk.engine.conform import conform
from datalake_sdk.engine.schema import plan_schema, write_schema
from datalake_sdk.errors import IncompatibleColumnError
from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe
from datalake_sdk.table_contract import TableConfiguration
from test.behavior.type_matrix import ACCEPTED, GIVEN, STORED, as_stored


def numbered(fields):
    return Schema(*(field.model_copy(update={"field_id": number}) for number, field in enumerate(fields, start=1)))


def planned(stored: Schema | None, rows):
    stream = stream_from_dataframe(rows)
    plan = plan_schema("sales.orders", stored, stream.schema, TableConfiguration())
    return stream, plan, numbered(plan.fields)


@pytest.mark.parametrize("column", STORED)
def test_a_column_accepts_values_that_it_can_represent_and_rejects_others(column, subtests):
    _, _, stored = planned(None, pa.table({"v": STORED[column]}))
    for name, given in GIVEN.items():
        with subtests.test(name):
            if name not in ACCEPTED[column]:
                with pytest.raises(IncompatibleColumnError) as caught:
                    written(stored, given)
                assert "column 'v' is " in caught.value.message
                assert "'v'" in caught.value.hint
            else:
                assert written(stored, given) == as_stored(column, given)


@pytest.mark.parametrize("column", STORED)
def test_a_column_accepts_nulls_of_any_type(column, subtests):
    _, _, stored = planned(None, pa.table({"v": STORED[column]}))
    for name, given in GIVEN.items():
        with subtests.test(name):
            assert written(stored, pa.nulls(1, given.type)) is None


def written(stored: Schema, given: pa.Array):
    stream, plan, after = planned(stored, pa.table({"v": given}))
    (task,) = stream.tasks()
    return conform("sales.orders", task(), plan.sources, write_schema(after), plan.null_only)["v"][0].as_py()
