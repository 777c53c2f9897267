from __future__ import annotations

import csv

import pytest

from datalake_sdk.datalfred_agent.masking import masked, masked_lines


@pytest.mark.parametrize(
    "secret", ["hunter2", "hun'ter2", 'hun"ter2', "hun\nter2", "hunter2\\", ["a", "b"], {"value": "x"}]
)
@pytest.mark.parametrize("name", ["password", "db_password", "api-token", "AWS_SECRET_ACCESS_KEY"])
def test_strings_of_a_field_with_the_name_of_a_secret_are_masked(name, secret):
    (shown,) = masked([{name: secret, "owner": "ana"}])
    assert shown["owner"] == "ana"
    values = [shown[name]] if isinstance(secret, str) else shown[name]
    assert set(values.values() if isinstance(values, dict) else values) == {"[redacted]"}


def test_other_values_are_unchanged():
    value = {
        "input_tokens": 12_345_678,
        "city": "Lyon",
        "is_secret": True,
        "partition_keys": ["day(ts)"],
        "token": None,
    }
    assert masked(value) == value


def lines_of(names: str, *lines: str, types: str = "string,string,string") -> list[str]:
    columns = [{"name": name, "type": kind} for name, kind in zip(names.split(","), types.split(","), strict=False)]
    return masked_lines(columns, lines)


def test_strings_of_a_column_with_the_name_of_a_secret_are_masked():
    assert lines_of("id,password,city", '1,"hun,ter""2",Lyon', "2,,Nice", '3,"",""') == [
        '1,"[redacted]",Lyon',
        "2,,Nice",
        '3,"",""',
    ]
    assert lines_of("api_token", "abc", "", '"a\nb"') == ['"[redacted]"', "", '"[redacted]"']


def test_a_secret_in_a_nested_value_is_masked():
    (line,) = lines_of("id,settings,city", '1,"{""user"": ""ana"", ""password"": ""hunter2""}","a ""b"", c"')
    assert next(csv.reader([line])) == ["1", '{"user": "ana", "password": [redacted]}', 'a "b", c']


def test_numbers_and_other_columns_are_unchanged():
    lines = ["12345678,2026-01-01,Lyon", '-1,,"a,b"', ",,"]
    assert lines_of("input_tokens,password_changed_at,city", *lines, types="int64,timestamp[us],string") == lines
