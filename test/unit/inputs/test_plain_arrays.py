"""Arrow data is brought into one piece."""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pytest

from datalake_sdk.inputs.plain_arrays import single_batch


@pytest.mark.parametrize("chunks", [[], [[]], [[1, 2]], [[1], [2, 3]]])
def test_a_table_of_any_number_of_chunks_becomes_one_batch(chunks):
    table = pa.table({"a": pa.chunked_array(chunks, pa.int64()), "b": list(chain(*chunks))})
    batch = single_batch(table)
    assert (batch.schema, batch.to_pydict()) == (table.schema, table.to_pydict())
