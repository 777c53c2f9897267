"""Reads JSON Lines with Python: exact digits, mixed types, and errors with their line; slower than Arrow."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pyarrow as pa

from datalake_sdk.inputs.text.columns import ListShape, Shape, StructShape, child_start, item_start
from datalake_sdk.inputs.text.conversion import SPACES, converted, is_same_number
from datalake_sdk.inputs.text.inference import TEMPORAL, Evidence, Kind, booleans, evidence_of, numbers

_DEPTH_LIMIT = 100
_KINDS = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


class Token(str):
    """A number with fraction or exponent, as written in the input; also Infinity."""

    __slots__ = ()


class MinusZero(int):
    """The integer `-0`, which keeps its sign as a string."""

    def __str__(self) -> str:
        return "-0"


class LineError(ValueError):
    """A line that is not one JSON object.

    Args:
        index: Index of the line in the text, from 0.
        reason: Why the line is invalid.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index


class _RepeatedKeyError(ValueError):
    """An object that has a key more than once."""


@dataclass(frozen=True)
class Objects:
    """The objects of the lines that are not blank.

    Args:
        values: The objects.
        lines: Index of each object's line in the text, from 0.
    """

    values: Sequence[dict[str, Any]]
    lines: Sequence[int]

    @property
    def names(self) -> dict[str, None]:
        """The keys, in order of appearance."""
        return dict.fromkeys(name for value in self.values for name in value)

    def column(self, name: str) -> list[Any]:
        """The values of a key; None if null or missing."""
        return [value.get(name) for value in self.values]


@dataclass(frozen=True)
class Nulls:
    """Null markers.

    Args:
        usual: Markers that do not apply to string columns.
        everywhere: Markers that apply to every column.
    """

    usual: pa.StringArray
    everywhere: frozenset[str]


def read_objects(text: str, nulls: Nulls) -> Objects:
    """Reads one object per line.

    Raises:
        LineError: A line is not one JSON object.
    """
    lines = [(index, line) for index, line in enumerate(text.split("\n")) if line.strip()]
    values = [_object(index, line) for index, line in lines]
    if nulls.everywhere:
        values = [_without(value, nulls.everywhere) for value in values]
    return Objects(values, [index for index, _ in lines])


def shape_of_values(values: Sequence[Any], nulls: Nulls, start: pa.DataType | None) -> Shape:
    """Infers the shape of values: objects, lists, or evidence of scalar and mixed values.

    Args:
        values: Values of a key returned by `read_objects`; None for null.
        nulls: Null markers.
        start: Initial type of the column.
    """
    usual = set(nulls.usual.to_pylist())
    nested = [value for value in values if not _is_null(value, usual)]
    if nested and all(isinstance(value, dict) for value in nested):
        keys = dict.fromkeys(key for value in nested for key in value)
        children = {key: [value.get(key) for value in nested] for key in keys}
        return StructShape(
            {key: shape_of_values(child, nulls, child_start(start, key)) for key, child in children.items()}
        )
    if nested and all(isinstance(value, list) for value in nested):
        return ListShape(shape_of_values([item for value in nested for item in value], nulls, item_start(start)))
    return _leaf_evidence([value for value in values if value is not None], nulls.usual, start)


def array_of_values(values: Sequence[Any], target: pa.DataType, nulls: Nulls) -> pa.Array | None:
    """Converts values to a column; None if a value does not fit the type.

    Args:
        values: Values of a key returned by `read_objects`.
        target: The type that their shape implies.
        nulls: Null markers.
    """
    if pa.types.is_struct(target):
        return _struct_array(values, target, nulls)
    if pa.types.is_list(target):
        return _list_array(values, target, nulls)
    normalized = _shortest(values) if pa.types.is_decimal(target) else values
    return converted(strings_of(normalized), target, nulls.usual)


def are_of_type(values: Sequence[Any], target: pa.DataType) -> bool:
    """Whether all values have the JSON type that corresponds to a type; may be False even if they do."""
    kinds = set(map(type, values)) - {type(None)}
    if pa.types.is_integer(target) or pa.types.is_floating(target) or pa.types.is_decimal(target):
        return kinds <= {int, Token}
    if pa.types.is_boolean(target):
        return kinds <= {bool}
    return pa.types.is_temporal(target) and kinds <= {str}


def strings_of(values: Sequence[Any]) -> pa.StringArray:
    """Returns strings and tokens unchanged, and all other values as JSON text."""
    if set(map(type, values)) <= {str, Token, type(None)}:
        return pa.array(values, pa.string())
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def text_evidence(strings: pa.StringArray, nulls: pa.StringArray, start: pa.DataType | None) -> Evidence:
    """Evidence of JSON strings; unlike in CSV, a null marker may be a string."""
    evidence = evidence_of(strings, nulls, TEMPORAL, start)
    return evidence | Evidence(has_strings=len(strings) > strings.null_count)


def _is_null(value: Any, markers: set[str]) -> bool:
    return value is None or (isinstance(value, str) and value.strip(SPACES) in markers)


def _object(index: int, line: str) -> dict[str, Any]:
    try:
        decoder = _SIGNED_DECODER if "-0" in line else _DECODER
        value = decoder.decode(line.strip())
        if "\\ud" in line.lower():
            _json(value).encode()
        if line.count("{") + line.count("[") > _DEPTH_LIMIT and _depth(value) > _DEPTH_LIMIT:
            raise LineError(index, f"values are nested more than {_DEPTH_LIMIT} levels deep")
    except json.JSONDecodeError as error:
        raise LineError(index, f"not valid JSON: {error.msg} at column {error.colno}") from None
    except UnicodeEncodeError:
        raise LineError(index, "not valid JSON: an unpaired surrogate") from None
    except RecursionError:
        raise LineError(index, f"values are nested more than {_DEPTH_LIMIT} levels deep") from None
    except _RepeatedKeyError as error:
        raise LineError(index, f"not valid JSON: {error}") from None
    except LineError:
        raise
    except ValueError:
        # https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
        raise LineError(index, f"an integer has more than {sys.get_int_max_str_digits():,} digits") from None
    if not isinstance(value, dict):
        raise LineError(index, f"the value is {_KINDS.get(type(value), 'a number')}, not an object")
    return value


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, children), default=0)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise _RepeatedKeyError(f"an object has the key '{repeated}' more than once")
    return value


def _constant(text: str) -> Token | None:
    """Reads NaN, which some programs write for missing values, as null."""
    return None if text == "NaN" else Token(text)


def _integer(text: str) -> int:
    return MinusZero() if text == "-0" else int(text)


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_DECODER = json.JSONDecoder(parse_float=Token, parse_constant=_constant, object_pairs_hook=_distinct)
_SIGNED_DECODER = json.JSONDecoder(
    parse_float=Token, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_distinct
)
"""A slower decoder for lines that contain `-0`."""


def _without(value: Any, markers: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(child, markers) for key, child in value.items()}
    if isinstance(value, list):
        return [_without(child, markers) for child in value]
    return None if value is None or _text(value) in markers else value


def _leaf_evidence(values: Sequence[Any], nulls: pa.StringArray, start: pa.DataType | None) -> Evidence:
    strings = pa.array([value for value in values if type(value) is str], pa.string())
    tokens = [value for value in values if type(value) is Token]
    others = strings_of([value for value in values if type(value) not in (str, Token)])
    return (
        text_evidence(strings, nulls, start)
        | _token_evidence(tokens, nulls, start)
        | evidence_of(others, nulls, (numbers, booleans), start)
    )


def _token_evidence(tokens: Sequence[str], nulls: pa.StringArray, start: pa.DataType | None) -> Evidence:
    evidence = evidence_of(pa.array(_shortest(tokens), pa.string()), nulls, (numbers,), start)
    return evidence | Evidence(Kind.FRACTION) if evidence.kinds else evidence


def _shortest(values: Sequence[Any]) -> list[Any]:
    """Replaces tokens that a double represents exactly by their shortest representation, as Arrow's reader does."""
    tokens = [value for value in values if type(value) is Token]
    shortest = pa.array([float(token) for token in tokens], pa.float64()).cast(pa.string()).to_pylist()
    pairs = zip(tokens, shortest, strict=True)
    normalized = {token: text for token, text in pairs if token == text or is_same_number(token, text)}
    return [normalized.get(value, value) if type(value) is Token else value for value in values]


def _struct_array(values: Sequence[Any], target: pa.StructType, nulls: Nulls) -> pa.StructArray | None:
    objects = [value if isinstance(value, dict) else None for value in values]
    children = [
        array_of_values([None if value is None else value.get(field.name) for value in objects], field.type, nulls)
        for field in target
    ]
    if any(child is None for child in children):
        return None
    mask = pa.array([value is None for value in objects], pa.bool_())
    return pa.StructArray.from_arrays(children, fields=list(target), mask=mask)


def _list_array(values: Sequence[Any], target: pa.ListType, nulls: Nulls) -> pa.ListArray | None:
    lists = [value if isinstance(value, list) else None for value in values]
    items = array_of_values([item for value in lists for item in value or ()], target.value_type, nulls)
    if items is None:
        return None
    ends = accumulate((len(value or ()) for value in lists), initial=0)
    mask = pa.array([value is None for value in lists], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), items, type=target, mask=mask)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """JSON text of a value, with numbers as written in the input."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(key)}: {_json(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return str(value) if isinstance(value, Token | MinusZero) else _ENCODER.encode(value)
