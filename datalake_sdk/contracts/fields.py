"""Typed access to the fields of a table file; errors name the file, the place and the field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import check_fields
from datalake_sdk.table_contract import Scalar

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True)
class Fields:
    """A mapping of a table file.

    Args:
        source: The file, for messages.
        location: Place in the file, for messages, for example `column 'id'`.
        values: The mapping.
    """

    source: object
    location: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, source: object, location: str, value: object, valid: Collection[str] | None = None) -> Fields:
        """Checks that a value is a mapping, or null, with known fields.

        Args:
            source: The file, for messages.
            location: Place in the file, for messages.
            value: The value.
            valid: Names of the known fields; None allows all.

        Raises:
            TablesConfigurationError: The value is not a mapping.
            UnknownFieldsError: Fields are unknown.
        """
        if value is not None and not isinstance(value, dict):
            raise TablesConfigurationError(source, f"{location} is {value!r}; it must be a mapping")
        values: Mapping[str, Any] = value or {}
        if valid is not None:
            check_fields(f"{source}: {location}", values, valid)
        return cls(source, location, values)

    def within(self, name: str, valid: Collection[str] | None = None) -> Fields:
        """The mapping in a field."""
        return Fields.of(self.source, self._path(name), self.values.get(name), valid)

    def items(self, name: str) -> Iterator[tuple[str, Any]]:
        """Place and value of each item of a list."""
        value = self.values.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.fail(name, "a list")
        for number, item in enumerate(value, start=1):
            yield f"{self._path(name)} {number}", item

    def string(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            self.fail(name, "a string", "Quote it.")
        return value

    def strings(self, name: str) -> tuple[str, ...]:
        values = self.values.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.fail(name, "a list of strings")
        return tuple(values)

    def boolean(self, name: str) -> bool:
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            self.fail(name, "true or false")
        return value

    def length(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            self.fail(name, "a whole number of at least 0")
        return value

    def number(self, name: str) -> float:
        return self._number(name, self.values.get(name), "a number")

    def number_pair(self, name: str) -> tuple[float, float]:
        values = self.values.get(name)
        rule = "a list of two numbers, the smaller one first"
        if not isinstance(values, list) or len(values) != 2:
            self.fail(name, rule)
        low, high = (self._number(name, value, rule) for value in values)
        if low > high:
            self.fail(name, rule)
        return low, high

    def scalar(self, name: str) -> Scalar | None:
        value = self.values.get(name)
        return None if value is None else self.as_scalar(name, value)

    def scalars(self, name: str) -> tuple[Scalar, ...]:
        values = self.values.get(name)
        if values is None:
            return ()
        if not isinstance(values, list):
            self.fail(name, "a list")
        return tuple(self.as_scalar(name, value) for value in values)

    def choice(self, name: str, kind: type[_Choice]) -> _Choice | None:
        """Parses one of the values of an enumeration."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            self.fail(name, f"one of {', '.join(kind)}", near(value, [*kind]))

    def as_scalar(self, name: str, value: object) -> Scalar:
        """Checks a constant; dates and times become strings in ISO 8601."""
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if not isinstance(value, bool | int | float | str):
            self.fail(name, "a number, a string, a date, true or false")
        return value

    def fail(self, name: str, rule: str, hint: str = "") -> NoReturn:
        """Raises the error of an invalid value.

        Raises:
            TablesConfigurationError: Always.
        """
        self.refuse(f"{name} is {self.values.get(name)!r}; it must be {rule}", hint)

    def refuse(self, reason: str, hint: str = "") -> NoReturn:
        """Raises the error of an invalid mapping.

        Raises:
            TablesConfigurationError: Always.
        """
        place = "" if self.location == THE_FILE else f"{self.location}: "
        raise TablesConfigurationError(self.source, f"{place}{reason}", hint)

    def check(self, name: str, problem: Callable[[str], str | None]) -> None:
        """Raises an error if the value of a field is not a string, or a function finds a problem with it."""
        value = self.string(name)
        found = None if value is None else problem(value)
        if found:
            self.refuse(f"{name} is {value!r}, {found}")

    def _number(self, name: str, value: object, rule: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            self.fail(name, rule)
        return value

    def _path(self, name: str) -> str:
        return name if self.location == THE_FILE else f"{self.location}, {name}"


THE_FILE = "the file"
"""Place of the fields of the table."""


def near(value: object, valid: Sequence[str]) -> str:
    """A question about the valid value that is most similar; empty if none is similar."""
    found = get_close_matches(str(value), valid, n=1, cutoff=0.5)
    return f"Did you mean '{found[0]}'?" if found else ""
