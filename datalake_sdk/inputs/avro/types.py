"""Converts Avro schemas to Arrow types, with functions that build arrays from decoded values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pyarrow as pa

_LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    **{
        ("long", f"{prefix}timestamp-{name}"): pa.timestamp(unit, zone)
        for prefix, zone in (("", "UTC"), ("local-", None))
        for name, unit in (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))
    },
}
_PRIMITIVES = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
    "enum": pa.string(),
}
_MAX_PRECISION = 38
_UUID_SIZE = 16
_KINDS = {"int": "long", "float": "double", "enum": "string", "fixed": "bytes"}
"""Types whose decoded values have the same Python type."""
_KIND_OF_VALUE = {bool: "boolean", int: "long", float: "double", str: "string", bytes: "bytes", list: "array"}


class UnsupportedSchemaError(ValueError):
    """A schema without an equivalent Arrow type."""


@dataclass(frozen=True)
class AvroType:
    """Arrow equivalent of a schema.

    Args:
        arrow: Arrow type.
        array: Builds an array of that type from values decoded without logical types; None is null.
    """

    arrow: pa.DataType
    array: Callable[[Sequence[Any]], pa.Array]


def avro_type(schema: Any) -> AvroType:
    """The type of a schema in which every named type is expanded.

    Raises:
        UnsupportedSchemaError: A type is recursive, a decimal is too long, or a union is ambiguous.
    """
    if isinstance(schema, list):
        return _union(schema)
    if isinstance(schema, str):
        schema = {"type": schema}
    kind = schema["type"]
    if kind in _NESTED:
        return _NESTED[kind](schema)
    if (special := _logical(kind, schema)) is not None:
        return special
    if kind == "fixed":
        return _leaf(pa.binary(schema["size"]))
    if kind not in _PRIMITIVES:
        raise UnsupportedSchemaError(f"type {kind} is recursive")
    return _leaf(_PRIMITIVES[kind])


def _leaf(data_type: pa.DataType) -> AvroType:
    return AvroType(data_type, lambda values: pa.array(values, data_type))


def _logical(kind: str, schema: Mapping[str, Any]) -> AvroType | None:
    name = schema.get("logicalType")
    if name == "decimal":
        return _decimal(kind, schema)
    if name == "uuid" and kind == "fixed" and schema["size"] == _UUID_SIZE:
        storage = pa.binary(_UUID_SIZE)
        return AvroType(pa.uuid(), lambda values: pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, storage)))
    data_type = _LOGICAL.get((kind, str(name)))
    return None if data_type is None else _leaf(data_type)


def _decimal(kind: str, schema: Mapping[str, Any]) -> AvroType | None:
    precision, scale = schema.get("precision", 0), schema.get("scale", 0)
    if kind not in ("bytes", "fixed") or not isinstance(precision, int) or not isinstance(scale, int):
        return None
    if not 0 <= scale <= precision or not precision:
        return None
    if precision > _MAX_PRECISION:
        raise UnsupportedSchemaError(f"decimal({precision}, {scale}) has more than {_MAX_PRECISION} digits")
    data_type = pa.decimal128(precision, scale)
    return AvroType(data_type, lambda values: _decimals(values, data_type))


def _decimals(values: Sequence[bytes | None], data_type: pa.DataType) -> pa.Array:
    """Decimals from their unscaled values in big-endian two's complement."""
    unscaled = [0 if value is None else int.from_bytes(value, "big", signed=True) for value in values]
    data = b"".join(value.to_bytes(data_type.byte_width, "little", signed=True) for value in unscaled)
    present = pa.array([value is not None for value in values], pa.bool_())
    array = pa.Array.from_buffers(data_type, len(values), [present.buffers()[1], pa.py_buffer(data)])
    array.validate(full=True)
    return array


def _record(schema: Mapping[str, Any]) -> AvroType:
    names = [field["name"] for field in schema["fields"]]
    types = [avro_type(field["type"]) for field in schema["fields"]]
    fields = [pa.field(name, child.arrow) for name, child in zip(names, types, strict=True)]

    def array(values: Sequence[Any]) -> pa.Array:
        children = [
            child.array([None if value is None else value[name] for value in values])
            for name, child in zip(names, types, strict=True)
        ]
        return pa.StructArray.from_arrays(children, fields=fields, mask=_nulls(values))

    return AvroType(pa.struct(fields), array)


def _array(schema: Mapping[str, Any]) -> AvroType:
    item = avro_type(schema["items"])
    data_type = pa.list_(item.arrow)

    def array(values: Sequence[Any]) -> pa.Array:
        items = item.array([element for value in values for element in value or ()])
        return pa.ListArray.from_arrays(_offsets(values), items, type=data_type, mask=_nulls(values))

    return AvroType(data_type, array)


def _map(schema: Mapping[str, Any]) -> AvroType:
    item = avro_type(schema["values"])
    data_type = pa.map_(pa.string(), item.arrow)

    def array(values: Sequence[Any]) -> pa.Array:
        keys = pa.array([key for value in values for key in value or ()], pa.string())
        items = item.array([element for value in values for element in (value or {}).values()])
        return pa.MapArray.from_arrays(_offsets(values), keys, items, type=data_type, mask=_nulls(values))

    return AvroType(data_type, array)


def _union(branches: Sequence[Any]) -> AvroType:
    """The type of the only non-null branch, a common type of several, or a struct with a field per kind of value."""
    present = [branch for branch in branches if _type_name(branch) != "null"]
    if not present:
        return avro_type("null")
    kinds: dict[str, list[Any]] = {}
    for branch in present:
        kinds.setdefault(_kind_of_branch(branch), []).append(branch)
    types = {kind: _kind_type(some) for kind, some in kinds.items()}
    if set(types) == {"long", "double"} and all(_is_number(child.arrow) for child in types.values()):
        return AvroType(pa.float64(), lambda values: pa.array(values, pa.float64()))
    if len(types) == 1:
        (only,) = types.values()
        return AvroType(only.arrow, lambda values: only.array([_untagged(value) for value in values]))
    return _choice(types)


def _choice(types: Mapping[str, AvroType]) -> AvroType:
    names = {kind: kind.rpartition(".")[2] for kind in types}
    if len(set(names.values())) < len(names):
        raise UnsupportedSchemaError(f"a union of {' and '.join(types)} has two branches with the same name")
    fields = [pa.field(names[kind], child.arrow) for kind, child in types.items()]

    def array(values: Sequence[Any]) -> pa.Array:
        found = [_kind_of_value(value) for value in values]
        children = [
            child.array([_untagged(v) if k == kind else None for v, k in zip(values, found, strict=True)])
            for kind, child in types.items()
        ]
        return pa.StructArray.from_arrays(children, fields=fields, mask=_nulls(values))

    return AvroType(pa.struct(fields), array)


def _kind_type(branches: Sequence[Any]) -> AvroType:
    types = [avro_type(branch) for branch in branches]
    arrow = {child.arrow for child in types}
    if len(arrow) == 1:
        return types[0]
    for wide in (pa.int64(), pa.float64(), pa.binary()):
        if arrow <= _NARROWER[wide] or (wide == pa.binary() and all(map(_is_plain_binary, arrow))):
            return _leaf(wide)
    raise UnsupportedSchemaError(f"a union of {' and '.join(sorted(map(str, arrow)))} is ambiguous")


def _type_name(schema: Any) -> str:
    return str(schema["type"] if isinstance(schema, dict) else schema)


def _kind_of_branch(schema: Any) -> str:
    name = _type_name(schema)
    return str(schema["name"]) if name in ("record", "error") else _KINDS.get(name, name)


def _kind_of_value(value: Any) -> str | None:
    if isinstance(value, tuple):
        name, content = value
        return name if isinstance(content, dict) else _kind_of_value(content)
    return None if value is None else _KIND_OF_VALUE.get(type(value), "map")


def _untagged(value: Any) -> Any:
    """The value without its type name; fastavro decodes named types in unions as tuples of name and value."""
    return value[1] if isinstance(value, tuple) else value


def _is_number(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_integer(data_type) or pa.types.is_floating(data_type))


def _is_plain_binary(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_binary(data_type) or pa.types.is_fixed_size_binary(data_type))


def _nulls(values: Sequence[Any]) -> pa.BooleanArray:
    return pa.array([value is None for value in values], pa.bool_())


def _offsets(values: Sequence[Any]) -> pa.Int32Array:
    return pa.array(accumulate((len(value or ()) for value in values), initial=0), pa.int32())


_NARROWER = {
    pa.int64(): {pa.int32(), pa.int64()},
    pa.float64(): {pa.float32(), pa.float64()},
    pa.binary(): {pa.binary()},
}
_NESTED: dict[str, Callable[[Mapping[str, Any]], AvroType]] = {
    "record": _record,
    "error": _record,
    "array": _array,
    "map": _map,
}
