"""Masks for values that must not leave their stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from datalake_sdk.errors import InvalidMaskError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.sql_quotes import literal, quoted


class MaskKind(StrEnum):
    """Kinds of masks."""

    NULL = "null"
    HASH = "hash"
    CONSTANT = "constant"
    KEEP = "keep"
    """Copies the values of a classified column as they are."""


@dataclass(frozen=True)
class Mask:
    """A replacement for every value of a column.

    Args:
        kind: Kind of mask.
        constant: Value of a `constant` mask, as a string.
    """

    kind: MaskKind
    constant: str = ""


def parse_masks(given: Iterable[str]) -> dict[str, Mask]:
    """Parses masks by column, each written as `column=null`, `column=hash`, `column=constant:X` or `column=keep`.

    Returns:
        Masks by the normalized name of their column.

    Raises:
        InvalidMaskError: A mask has another form, or a column has several masks.
    """
    masks: dict[str, Mask] = {}
    for text in given:
        column, _, how = text.partition("=")
        kind, colon, constant = how.partition(":")
        name = normalized_column_name(column)
        is_known = kind in set(MaskKind) and bool(colon) == (kind == MaskKind.CONSTANT)
        if not name or not is_known:
            raise InvalidMaskError(text, "column=null, column=hash, column=constant:X or column=keep")
        if name in masks:
            raise InvalidMaskError(text, f"the only mask of '{column}', which already has the mask {masks[name].kind}")
        masks[name] = Mask(MaskKind(kind), constant)
    return masks


def mask_expressions(masks: Mapping[str, Mask], schema: pa.Schema, keys: Sequence[str]) -> dict[str, str]:
    """Returns DuckDB SQL expressions for the masked columns, each of the type of its column.

    Args:
        masks: Masks by normalized column name; columns that the table does not have are ignored.
        schema: Columns of the table.
        keys: Upsert keys, whose values must stay distinct.

    Raises:
        InvalidMaskError: A mask is not applicable to its column.
    """
    named = {field.name: masks.get(normalized_column_name(field.name)) for field in schema}
    return {
        column: _expression(column, mask, schema.field(column).type, keys)
        for column, mask in named.items()
        if mask is not None and mask.kind is not MaskKind.KEEP
    }


def _expression(column: str, mask: Mask, data_type: pa.DataType, keys: Sequence[str]) -> str:
    given = f"{column}={mask.kind}" + (f":{mask.constant}" if mask.constant else "")
    is_string = pa.types.is_string(data_type) or pa.types.is_large_string(data_type)
    if column in keys and not (is_string and mask.kind is MaskKind.HASH):
        valid = f"{column}=hash" if is_string else "omitted"
        reason = f"'{column}' is an upsert key, whose values must stay distinct"
        raise InvalidMaskError(
            given, f"{valid}, because {reason}" + ("" if is_string else f", and {data_type} cannot be hashed")
        )
    if mask.kind is MaskKind.NULL:
        return "NULL"
    if mask.kind is MaskKind.CONSTANT:
        return _constant(given, mask.constant, data_type)
    if not is_string:
        raise InvalidMaskError(given, f"null or constant:X: '{column}' is {data_type}, and a hash is a string")
    return f"sha256({quoted(column)})"


def _constant(given: str, text: str, data_type: pa.DataType) -> str:
    try:
        pa.array([text]).cast(data_type)
    except (pa.ArrowException, ValueError) as error:
        raise InvalidMaskError(given, f"a {data_type} after 'constant:'") from error
    return literal(text)
