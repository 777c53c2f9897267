from __future__ import annotations

import pytest

from datalake_sdk.datalfred_agent.prices import PRICES, Price, Tokens, price_of, read_prices
from datalake_sdk.errors import InvalidPriceFileError, UnknownFieldsError

PROFILE = "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"


def test_a_cost_adds_the_tokens_of_each_kind():
    price = Price(1, 10, 0.1, 1.25)
    assert price.cost(Tokens(1_000_000, 100_000, 1_000_000, 1_000_000)) == pytest.approx(1 + 1 + 0.1 + 1.25)


def test_a_price_is_found_by_a_part_of_the_id():
    assert price_of(PROFILE, PRICES) == PRICES["claude-haiku-4-5"]
    assert price_of("qwen3:8b", PRICES) is None


def test_the_longest_matching_name_determines_the_price():
    prices = {"nova": Price(1, 1, 1, 1), "nova-pro": Price(2, 2, 2, 2)}
    assert price_of("amazon.nova-pro-v1:0", prices).input == 2


def test_a_file_overrides_and_extends_the_known_prices(tmp_path):
    file = tmp_path / "prices.yaml"
    file.write_text("claude-haiku-4-5: {input: 2, output: 3}\nqwen3: {input: 0, output: 0}\n")
    prices = read_prices(file)
    assert prices["claude-haiku-4-5"] == Price(2, 3, 2, 2)
    assert prices["qwen3"] == Price(0, 0, 0, 0)
    assert prices["claude-opus-4-5"] == PRICES["claude-opus-4-5"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "while parsing"),
        ("m: {input: 2026-02-30, output: 1}", "day is out of range"),
        ("- 1", "must map names"),
        ("m: 3", "must map names"),
        ("m: {input: 1}", "m.output is 'None'"),
        ("m: {input: -1, output: 1}", "m.input is '-1'"),
        ("m: {input: yes, output: 1}", "m.input is 'True'"),
        ("m: {input: '1', output: x}", "must be zero or more"),
    ],
)
def test_an_invalid_file_is_rejected(tmp_path, content, message):
    file = tmp_path / "prices.yaml"
    file.write_text(content)
    with pytest.raises(InvalidPriceFileError, match=message):
        read_prices(file)


def test_a_misspelt_field_is_rejected(tmp_path):
    file = tmp_path / "prices.yaml"
    file.write_text("m: {input: 1, output: 1, cache: 1}")
    with pytest.raises(UnknownFieldsError, match="cache"):
        read_prices(file)
