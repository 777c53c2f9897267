"""Prices of models, and the cost of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from datalake_sdk import naming
from datalake_sdk.errors import InvalidPriceFileError

_PER_TOKEN = 1e-6


@dataclass(frozen=True)
class Tokens:
    """Tokens of an answer or of a session."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


@dataclass(frozen=True)
class Price:
    """Price of a model in US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def cost(self, tokens: Tokens) -> float:
        """Cost of tokens in US dollars."""
        return _PER_TOKEN * (
            tokens.input * self.input
            + tokens.output * self.output
            + tokens.cache_read * self.cache_read
            + tokens.cache_write * self.cache_write
        )


PRICES: Mapping[str, Price] = {
    "claude-haiku-4-5": Price(1.0, 5.0, 0.1, 1.25),
    "claude-sonnet-4-5": Price(3.0, 15.0, 0.3, 3.75),
    "claude-opus-4-5": Price(5.0, 25.0, 0.5, 6.25),
}
"""Prices by a part of the model's id, with caches of five minutes, checked on 2026-11-29:
https://platform.claude.com/docs/en/about-claude/pricing. Bedrock charges the same for global inference profiles, and
10 % more for regional ones: https://aws.amazon.com/bedrock/pricing/"""


def price_of(model_id: str, prices: Mapping[str, Price]) -> Price | None:
    """Returns the price whose name is the longest that the id of the model contains; None if there is none."""
    names = [name for name in prices if name in model_id]
    return prices[max(names, key=len)] if names else None


def read_prices(path: Path) -> Mapping[str, Price]:
    """Reads a price file, whose prices override and extend the default prices.

    Args:
        path: YAML that maps a part of a model's id to `input`, `output` and optionally `cache_read` and `cache_write`.

    Raises:
        InvalidPriceFileError: The file is not readable, or a price is not a number, zero or more.
        UnknownFieldsError: A price has an unknown field.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    # PyYAML raises ValueError for dates such as 2026-13-01. https://github.com/yaml/pyyaml/issues/382
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidPriceFileError(path, str(error).splitlines()[0]) from error
    if not isinstance(given, dict) or not all(isinstance(fields, dict) for fields in given.values()):
        raise InvalidPriceFileError(path, "it must map names of models to prices")
    return {**PRICES, **{str(name): _price(path, str(name), fields) for name, fields in given.items()}}


def _price(path: Path, name: str, fields: Mapping[str, object]) -> Price:
    naming.check_fields(f"{path}: {name}", fields, ("input", "output", "cache_read", "cache_write"))
    values = {"cache_read": fields.get("input"), "cache_write": fields.get("input"), **fields}
    for field in ("input", "output", "cache_read", "cache_write"):
        value = values.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise InvalidPriceFileError(path, f"{name}.{field} is '{value}'; it must be zero or more")
    return Price(**{field: float(str(value)) for field, value in values.items()})
