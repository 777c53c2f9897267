"""Partition values equal those that pyiceberg's transforms compute for single values."""

from __future__ import annotations

import datetime
import uuid

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg import types as iceberg
from pyiceberg.partitioning import partition_record_value
from pyiceberg.schema import Schema

from datalake_sdk.engine.partitions import Partitioner, PartitionKey, partition_spec
from datalake_sdk.engine.schema import write_schema

MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
VALUES = {
    iceberg.BooleanType(): st.booleans(),
    iceberg.IntegerType(): st.integers(-(2**30), 2**31 - 1),
    iceberg.LongType(): st.integers(-(2**62), 2**63 - 1),
    iceberg.DoubleType(): st.floats(allow_nan=False),
    iceberg.DecimalType(9, 2): st.decimals(-9999999, 9999999, places=2),
    iceberg.StringType(): st.text(st.characters(codec="utf-8"), max_size=6),
    iceberg.BinaryType(): st.binary(max_size=6),
    iceberg.FixedType(4): st.binary(min_size=4, max_size=4),
    iceberg.UUIDType(): st.uuids(),
    iceberg.DateType(): MOMENTS.map(datetime.datetime.date),
    iceberg.TimeType(): st.times(),
    iceberg.TimestampType(): MOMENTS,
    iceberg.TimestamptzType(): MOMENTS.map(lambda moment: moment.replace(tzinfo=datetime.UTC)),
}
KEYS = ["x", "bucket(7, x)", "truncate(3, x)", "year(x)", "month(x)", "day(x)", "hour(x)"]


def schema_of(data_type: iceberg.IcebergType) -> Schema:
    return Schema(iceberg.NestedField(1, "x", data_type, required=False))


CASES = [
    pytest.param(data_type, key, id=f"{key}-{data_type}")
    for data_type in VALUES
    for key in map(PartitionKey.parse, KEYS)
    if key.transform.can_transform(data_type)
]


@pytest.mark.parametrize(("data_type", "key"), CASES)
@settings(max_examples=10)
@given(data=st.data())
def test_each_value_is_in_its_partition(data_type, key, data):
    values = data.draw(st.lists(st.none() | VALUES[data_type], min_size=1, max_size=20))
    schema = schema_of(data_type)
    spec = partition_spec("t", [key], schema)
    rows = pa.table({"x": pa.array(values, write_schema(schema).field(0).type)})
    codes, records = Partitioner(spec, schema).record_codes(rows)
    transform = key.transform.transform(data_type)
    for value, code in zip(values, codes, strict=True):
        (found,) = records[code]
        wanted = transform(partition_record_value(spec.fields[0], value, schema))
        assert (found.bytes if isinstance(found, uuid.UUID) else found) == wanted
