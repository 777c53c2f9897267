"""Functions on strings and numbers that DuckDB lacks."""

from __future__ import annotations

import re
from statistics import NormalDist

from datalake_sdk.sql.duckdb.python_types import InvalidArgumentError, PythonFunction

_SOUNDEX = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230120022455012623010202", strict=True))
_SOUNDEX_LENGTH = 4
_LARGEST_BIGINT = 2**63 - 1
_TEXT, _BIGINT, _DOUBLE = "VARCHAR", "BIGINT", "DOUBLE"
_SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*")
_MICROSECONDS = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6, "m": 60e6, "h": 3600e6, "d": 86400e6}
_DATA_SIZE = re.compile(r"(\d+(?:\.\d*)?)\s*([kMGTPEZY]?B)")
_DATA_UNITS: dict[str, int] = {
    unit: 1024**power for power, unit in enumerate(["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
}


def _soundex(text: str) -> str:
    letters = "".join(filter(str.isalpha, text)).upper()
    if unmapped := next((letter for letter in letters if letter not in _SOUNDEX), None):
        raise InvalidArgumentError(f"The character is not mapped: {unmapped}")
    if not letters:
        return ""
    code, last = letters[0], _SOUNDEX[letters[0]]
    for letter in letters[1:]:
        if letter in "HW":
            continue
        if _SOUNDEX[letter] not in ("0", last):
            code += _SOUNDEX[letter]
        last = _SOUNDEX[letter]
    return code[:_SOUNDEX_LENGTH].ljust(_SOUNDEX_LENGTH, "0")


def _luhn_check(text: str) -> bool:
    if not re.fullmatch("[0-9]*", text):
        raise InvalidArgumentError("Input contains non-digit character")
    digits = [int(digit) for digit in reversed(text)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return bool(text) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _from_base(text: str, radix: int) -> int:
    if not 2 <= radix <= 36:
        raise InvalidArgumentError("Radix must be between 2 and 36")
    # Python also accepts a prefix such as `0x`.
    is_number = re.fullmatch("[+-]?[0-9A-Za-z]+", text) and all(int(each, 36) < radix for each in text.lstrip("+-"))
    number = int(text, radix) if is_number else None
    if number is None or not -_LARGEST_BIGINT - 1 <= number <= _LARGEST_BIGINT:
        raise InvalidArgumentError(f"Not a valid base-{radix} number: {text}")
    return number


def _pairs(text: str, entry_delimiter: str, key_value_delimiter: str) -> list[tuple[str, str]]:
    if not entry_delimiter:
        raise InvalidArgumentError("entryDelimiter is empty")
    if not key_value_delimiter:
        raise InvalidArgumentError("keyValueDelimiter is empty")
    if entry_delimiter == key_value_delimiter:
        raise InvalidArgumentError("entryDelimiter and keyValueDelimiter must not be the same")
    entries = text.split(entry_delimiter)
    return [_pair(entry, key_value_delimiter) for entry in (entries if entries[-1] else entries[:-1])]


def _pair(entry: str, delimiter: str) -> tuple[str, str]:
    key, found, value = entry.partition(delimiter)
    if not found or delimiter in value:
        raise InvalidArgumentError(f"Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'")
    return key, value


def _split_to_map(text: str, entry_delimiter: str, key_value_delimiter: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    for key, value in _pairs(text, entry_delimiter, key_value_delimiter):
        if key in entries:
            raise InvalidArgumentError(f"Duplicate keys ({key}) are not allowed")
        entries[key] = value
    return entries


def _split_to_multimap(text: str, entry_delimiter: str, key_value_delimiter: str) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for key, value in _pairs(text, entry_delimiter, key_value_delimiter):
        entries.setdefault(key, []).append(value)
    return entries


def _char2hexint(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _human_readable_seconds(seconds: float) -> str:
    if seconds != seconds or seconds in (float("inf"), float("-inf")):
        raise InvalidArgumentError(f"Invalid argument found: {seconds}")
    left, parts = int(abs(seconds) + 0.5), []
    for unit, size in _SECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return ", ".join(parts) or "0 seconds"


def _duration(text: str) -> int:
    """Parses a duration such as `3.81 d` to microseconds, rounded to milliseconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidArgumentError(f"duration is not a valid data duration string: {text}")
    if match[2] not in _MICROSECONDS:
        raise InvalidArgumentError(f"Unknown time unit: {match[2]}")
    return int(float(match[1]) * _MICROSECONDS[match[2]] / 1000 + 0.5) * 1000


def _data_size(text: str) -> int:
    match = _DATA_SIZE.fullmatch(text)
    if match is None:
        raise InvalidArgumentError(f"Invalid data size: '{text}'")
    whole, _, fraction = match[1].partition(".")
    return int(whole + fraction) * _DATA_UNITS[match[2]] // int("1" + "0" * len(fraction))


def _normal_cdf(mean: float, deviation: float, value: float) -> float:
    if deviation <= 0:
        raise InvalidArgumentError("standardDeviation must be > 0")
    return NormalDist(mean, deviation).cdf(value)


def _inverse_normal_cdf(mean: float, deviation: float, probability: float) -> float:
    if not 0 < probability < 1:
        raise InvalidArgumentError("p must be 0 > p > 1")
    if deviation <= 0:
        raise InvalidArgumentError("sd must be > 0")
    return NormalDist(mean, deviation).inv_cdf(probability)


STRING_FUNCTIONS = {
    "char2hexint": PythonFunction(_char2hexint, (_TEXT,), _TEXT),
    "from_base": PythonFunction(_from_base, (_TEXT, _BIGINT), _BIGINT),
    "human_readable_seconds": PythonFunction(_human_readable_seconds, (_DOUBLE,), _TEXT),
    "inverse_normal_cdf": PythonFunction(_inverse_normal_cdf, (_DOUBLE, _DOUBLE, _DOUBLE), _DOUBLE),
    "luhn_check": PythonFunction(_luhn_check, (_TEXT,), "BOOLEAN"),
    "parse_data_size": PythonFunction(_data_size, (_TEXT,), "DECIMAL(38, 0)"),
    "soundex": PythonFunction(_soundex, (_TEXT,), _TEXT),
    "split_to_map": PythonFunction(_split_to_map, (_TEXT, _TEXT, _TEXT), "MAP(VARCHAR, VARCHAR)"),
    "split_to_multimap": PythonFunction(_split_to_multimap, (_TEXT, _TEXT, _TEXT), "MAP(VARCHAR, VARCHAR[])"),
}
"""Functions by their name in Athena."""
INTERNAL_STRING_FUNCTIONS = {
    "duration": PythonFunction(_duration, (_TEXT,), _BIGINT),
    "normal_cdf": PythonFunction(_normal_cdf, (_DOUBLE, _DOUBLE, _DOUBLE), _DOUBLE),
}
"""Functions that only macros call, by name."""
