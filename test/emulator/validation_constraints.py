"""Constraints of service models: types, required members, lengths, ranges, enums and patterns, checked recursively.

See https://smithy.io/2.0/spec/constraint-traits.html. The wording is that of AWS's services, for example in
https://github.com/fluent-plugins-nursery/fluent-plugin-cloudwatch-logs/issues/223.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from test.emulator.validation_patterns import UNSUPPORTED, compiled

Check = Callable[[Any, str], Iterator["Violation"]]


@dataclass(frozen=True)
class Violation:
    """A value that a constraint does not allow.

    Attributes:
        path: Where the value is in the request, for example `tags.1.member.key`.
        value: The value; None if it is missing.
        constraint: The constraint in AWS's words.
        kind: `required`, `enum` or `limit`.
        sensitive: Whether the value must not appear in messages.
    """

    path: str
    value: Any
    constraint: str
    kind: str = "limit"
    sensitive: bool = False


class MalformedRequestError(Exception):
    """A value has a type that the service cannot deserialize."""


@dataclass(frozen=True)
class Constraint:
    """A condition on a single value, in AWS's words."""

    text: str
    holds: Callable[[Any], bool]
    kind: str = "limit"


class Checks:
    """Checks of a service's shapes, each compiled when it is first needed."""

    def __init__(self) -> None:
        self._of_shapes: dict[str, Check] = {}
        self._compiling = threading.RLock()

    def of(self, shape: Any) -> Check:
        """Returns the check of a shape: it yields the violations of a value at a path.

        Raises:
            MalformedRequestError: The checked value does not have the shape's type.
        """
        with self._compiling:
            if shape.name not in self._of_shapes:
                # Shapes may be recursive: the inner check looks up the outer one when it runs.
                self._of_shapes[shape.name] = lambda value, path: self._of_shapes[shape.name](value, path)
                self._of_shapes[shape.name] = self._compile(shape)
            return self._of_shapes[shape.name]

    def _compile(self, shape: Any) -> Check:
        if getattr(shape, "is_document_type", False):
            return lambda value, path: iter(())
        compilers = {"structure": self._structure, "list": self._list, "map": self._map}
        return compilers.get(shape.type_name, self._scalar)(shape)

    def _scalar(self, shape: Any) -> Check:
        constraints, hidden = constraints_of(shape), is_sensitive(shape)

        def check(value: Any, path: str) -> Iterator[Violation]:
            require_type(shape, value)
            yield from _broken(constraints, value, path, hidden)

        return check

    def _structure(self, shape: Any) -> Check:
        required = frozenset(shape.required_members)
        members = [(name, _lower_first(name), member, self.of(member)) for name, member in shape.members.items()]

        def check(value: Any, path: str) -> Iterator[Violation]:
            require_type(shape, value)
            for name, label, member, check_member in members:
                given, where = value.get(name), f"{path}.{label}" if path else label
                if given is None:
                    if name in required:
                        yield Violation(where, None, "Member must not be null", "required")
                elif not (given == [] and member.serialization.get("location") == "querystring"):
                    yield from check_member(given, where)

        return check

    def _list(self, shape: Any) -> Check:
        constraints, item, hidden = (
            constraints_of(shape),
            shape.member,
            is_sensitive(shape) or is_sensitive(shape.member),
        )
        check_item, of_items = self.of(item), constraints_of(item)
        nested = item.type_name in _NESTED

        def check(value: Any, path: str) -> Iterator[Violation]:
            require_type(shape, value)
            yield from _broken(constraints, value, path, hidden)
            if nested:
                for position, element in enumerate(value, 1):
                    yield from check_item(element, f"{path}.{position}.member")
            elif _any(check_item, value, path):
                text = f"Member must satisfy constraint: {_joined(of_items)}"
                yield Violation(path, value, text, _kind(of_items), hidden)

        return check

    def _map(self, shape: Any) -> Check:
        constraints, of_keys, of_values = (constraints_of(part) for part in (shape, shape.key, shape.value))
        check_key, check_value = self.of(shape.key), self.of(shape.value)
        nested, hidden = shape.value.type_name in _NESTED, any(map(is_sensitive, (shape, shape.key, shape.value)))

        def check(value: Any, path: str) -> Iterator[Violation]:
            require_type(shape, value)
            yield from _broken(constraints, value, path, hidden)
            if _any(check_key, value, path):
                text = f"Map keys must satisfy constraint: {_joined(of_keys)}"
                yield Violation(path, value, text, _kind(of_keys), hidden)
            if nested:
                for key, element in value.items():
                    yield from check_value(element, f"{path}.{key}.member")
            elif _any(check_value, value.values(), path):
                text = f"Map value must satisfy constraint: {_joined(of_values)}"
                yield Violation(path, value, text, _kind(of_values), hidden)

        return check


def constraints_of(shape: Any) -> tuple[Constraint, ...]:
    """Returns the constraints of a shape's own value, in the order in which AWS lists them."""
    return tuple(_constraints(shape))


def _constraints(shape: Any) -> Iterator[Constraint]:
    limits, choices = shape.metadata, shape.metadata.get("enum")
    if shape.type_name in ("string", "blob", "list", "map"):
        measure: Callable[[Any], Any] = len
        noun = "length"
    else:
        measure, noun = _number, "value"
    if shape.type_name == "string" and choices:
        yield Constraint(f"Member must satisfy enum value set: [{', '.join(choices)}]", choices.__contains__, "enum")
    if "max" in limits:
        most = limits["max"]
        yield Constraint(f"Member must have {noun} less than or equal to {most}", lambda value: measure(value) <= most)
    if limits.get("min") or ("min" in limits and noun == "value"):
        least = limits["min"]
        text = f"Member must have {noun} greater than or equal to {least}"
        yield Constraint(text, lambda value: measure(value) >= least)
    if limits.get("pattern") and limits["pattern"] not in UNSUPPORTED:
        pattern = compiled(limits["pattern"])
        text = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield Constraint(text, lambda value: pattern.fullmatch(value) is not None)


_NESTED = ("structure", "list", "map")

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes, str),
    "timestamp": (datetime.datetime,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


def require_type(shape: Any, value: Any) -> None:
    """Raises an error in the words of AWS's JSON services unless the value has the type of its shape."""
    kind = shape.type_name
    if isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool)):
        return
    if isinstance(value, list):
        raise MalformedRequestError("Start of list found where not expected")
    if isinstance(value, dict):
        raise MalformedRequestError("Start of structure or map found where not expected")
    raise MalformedRequestError(f"{_token(value)} can not be converted to {_java_type(kind)}")


def is_sensitive(shape: Any) -> bool:
    return bool(shape.metadata.get("sensitive"))


def _broken(constraints: tuple[Constraint, ...], value: Any, path: str, hidden: bool) -> Iterator[Violation]:
    for constraint in constraints:
        if not constraint.holds(value):
            yield Violation(path, value, constraint.text, constraint.kind, hidden)


def _any(check: Check, values: Iterable[Any], path: str) -> bool:
    return any(True for value in values for _ in check(value, path))


def _joined(constraints: tuple[Constraint, ...]) -> str:
    return f"[{', '.join(constraint.text for constraint in constraints)}]"


def _kind(constraints: tuple[Constraint, ...]) -> str:
    return "enum" if any(constraint.kind == "enum" for constraint in constraints) else "limit"


def _number(value: Any) -> Any:
    return value


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _token(value: Any) -> str:
    if value is None:
        return "NULL_VALUE"
    if isinstance(value, bool):
        return f"{value}_VALUE".upper()
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _java_type(kind: str) -> str:
    if kind in ("list", "map", "structure"):
        return "a collection" if kind == "list" else f"a {kind}"
    return f"{'an' if kind == 'integer' else 'a'} {kind.capitalize()}"
