from __future__ import annotations

import pyarrow as pa

from datalake_sdk.operations.migration.masks import mask_expressions, parse_masks


def test_a_mask_applies_to_every_spelling_that_is_stored_in_the_same_column():
    schema = pa.schema([("E-Mail", pa.string()), ("name", pa.string())])
    assert mask_expressions(parse_masks(["e_mail=null"]), schema, ()) == {"E-Mail": "NULL"}
    assert mask_expressions(parse_masks(["Name=constant:x"]), schema, ()) == {"name": "'x'"}
